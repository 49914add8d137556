//! A CloudFormation that does what the test tells it: states that follow each other, events that arrive, refusals. It
//! speaks the Query protocol (AWS CloudFormation API reference, "Making API requests").

use std::collections::VecDeque;
use std::io::{BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use crate::request;

/// One that is running. It ends with the process.
pub struct CloudFormation {
    url: String,
    script: Arc<Mutex<Script>>,
}

/// What it answers.
#[derive(Default)]
pub struct Script {
    /// The states of the stack, one an answer; the last one stays. None: there is no such stack.
    pub states: VecDeque<&'static str>,
    /// What the stack calls itself.
    pub description: &'static str,
    /// Its tags.
    pub tags: Vec<(&'static str, String)>,
    /// Its outputs.
    pub outputs: Vec<(&'static str, String)>,
    /// Its parameters.
    pub parameters: Vec<(&'static str, String)>,
    /// What it is made of: name, type, the resource's own name.
    pub resources: Vec<[&'static str; 3]>,
    /// Its events, oldest first: resource, type, state, reason. Each look at the stack shows two more of them.
    pub events: Vec<[&'static str; 4]>,
    /// Refusals: of which action, how often, HTTP status, code, message.
    pub refusals: Vec<(&'static str, usize, u16, &'static str, &'static str)>,
    /// Refusals that begin once the stack was made, changed or deleted.
    pub refusals_after: Vec<(&'static str, usize, u16, &'static str, &'static str)>,
    /// Actions that it does once without being heard: the connection ends in place of the answer.
    pub lost: Vec<&'static str>,
    /// It says of what it has done already that it knows the token; otherwise it answers as it did then.
    pub names_tokens: bool,
    /// What the states are after the stack was made, changed or deleted.
    pub after: VecDeque<&'static str>,
    /// What the outputs are after that, if they are otherwise.
    pub outputs_after: Option<Vec<(&'static str, String)>>,
    /// It cannot be deleted.
    pub is_protected: bool,
    /// The actions that it was asked for, with what came with them.
    pub calls: Vec<String>,
    /// How many events have been shown.
    pub shown: usize,
    /// Whatever has one of these was done already.
    pub tokens: Vec<String>,
}

/// What edgehop's template calls itself.
pub const EDGEHOP: &str = "edgehop: over-the-air updates";

impl CloudFormation {
    pub fn start(script: Script) -> CloudFormation {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let script = Arc::new(Mutex::new(script));
        let shared = Arc::clone(&script);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let script = Arc::clone(&shared);
                std::thread::spawn(move || serve(&stream.unwrap(), &script));
            }
        });
        CloudFormation { url, script }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// The actions since this was last asked, without their parameters.
    pub fn actions(&self) -> Vec<String> {
        let calls = std::mem::take(&mut self.script.lock().unwrap().calls);
        calls
            .iter()
            .map(|call| call.split('&').find_map(|part| part.strip_prefix("Action=")).unwrap().to_owned())
            .collect()
    }

    /// What the calls of an action were told apart by, from each other and from repeats of themselves.
    pub fn tokens(&self, action: &str) -> Vec<Option<String>> {
        let script = self.script.lock().unwrap();
        let calls = script.calls.iter().filter(|call| field(call, "Action") == Some(action));
        calls.map(|call| field(call, "ClientRequestToken").map(str::to_owned)).collect()
    }

    /// The states after what is asked for next.
    pub fn goes_on(&self, states: &[&'static str]) {
        self.script.lock().unwrap().after = states.iter().copied().collect();
    }

    /// The parameters that the last call of an action gave the stack, as they came; `None` for one that stays as it is.
    pub fn given(&self, action: &str) -> Vec<(String, Option<String>)> {
        let script = self.script.lock().unwrap();
        let call = script.calls.iter().rfind(|call| call.contains(&format!("Action={action}&"))).unwrap();
        let field = |at: usize, name: &str| {
            let start = format!("Parameters.member.{at}.{name}=");
            call.split('&').find_map(|part| part.strip_prefix(&start)).map(str::to_owned)
        };
        let one = |at| {
            let value = field(at, "ParameterValue");
            assert!(value.is_some() != (field(at, "UsePreviousValue").as_deref() == Some("true")), "{call}");
            Some((field(at, "ParameterKey")?, value))
        };
        (1..).map_while(|at| field(at, "ParameterKey").and_then(|_| one(at))).collect()
    }
}

fn serve(stream: &TcpStream, script: &Mutex<Script>) -> Option<()> {
    let (mut reader, mut out) = (BufReader::new(stream), stream);
    while let Some((_, body)) = request::read(&mut reader) {
        let (status, answer) = script.lock().unwrap().answer(String::from_utf8(body).unwrap())?;
        let head = format!("HTTP/1.1 {status} X\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n", answer.len());
        out.write_all((head + &answer).as_bytes()).ok()?;
    }
    None
}

impl Script {
    /// `None` if nobody hears it.
    fn answer(&mut self, call: String) -> Option<(u16, String)> {
        let action = field(&call, "Action").unwrap_or_default().to_owned();
        let token = field(&call, "ClientRequestToken").map(str::to_owned);
        self.calls.push(call);
        let is_repeated = token.as_ref().is_some_and(|token| self.tokens.contains(token));
        let lost = self.lost.iter().position(|of| *of == action).map(|at| self.lost.remove(at));
        if !is_repeated
            && lost.is_none()
            && let Some(refusal) = self.refusals.iter_mut().find(|(of, left, ..)| *of == action && *left > 0)
        {
            refusal.1 -= 1;
            return Some((refusal.2, error(refusal.3, refusal.4)));
        }
        let result = match action.as_str() {
            "DescribeStacks" => match self.state() {
                Some(state) => self.stack(state),
                None => return Some((400, error("ValidationError", "Stack with id ota does not exist"))),
            },
            "DescribeStackEvents" => self.told(),
            "ListStackResources" => self.made_of(),
            "CreateStack" | "UpdateStack" | "DeleteStack" => {
                if is_repeated && self.names_tokens {
                    return Some((400, error("TokenAlreadyExistsException", "A client request token already exists")));
                }
                if !is_repeated {
                    self.begin();
                    self.tokens.extend(token);
                }
                "<StackId>arn:aws:cloudformation:us-east-1:123456789012:stack/ota/1</StackId>".to_owned()
            }
            other => panic!("{other} was not expected"),
        };
        let answer = format!("<{action}Response><{action}Result>{result}</{action}Result></{action}Response>");
        lost.is_none().then_some((200, answer))
    }

    /// It does what it was asked.
    fn begin(&mut self) {
        self.states = std::mem::take(&mut self.after);
        self.outputs = self.outputs_after.take().unwrap_or_else(|| self.outputs.clone());
        self.refusals.append(&mut self.refusals_after);
    }

    /// The state now; the next one is the next time's.
    fn state(&mut self) -> Option<&'static str> {
        self.shown += 2;
        if self.states.len() > 1 { self.states.pop_front() } else { self.states.front().copied() }
    }

    fn stack(&self, state: &str) -> String {
        let members = |list: &[(&str, String)], kind: &str| {
            let one = |(key, value): &(&str, String)| {
                format!("<member><{kind}Key>{key}</{kind}Key><{kind}Value>{value}</{kind}Value></member>")
            };
            list.iter().map(one).collect::<String>()
        };
        format!(
            "<Stacks><member><StackName>ota</StackName><CreationTime>2026-01-01T00:00:00Z</CreationTime>\
             <StackId>arn:aws:cloudformation:us-east-1:123456789012:stack/ota/1</StackId>\
             <StackStatus>{state}</StackStatus><Description>{}</Description><Outputs>{}</Outputs>\
             <EnableTerminationProtection>{}</EnableTerminationProtection><Parameters>{}</Parameters><Tags>{}</Tags>\
             </member></Stacks>",
            self.description,
            members(&self.outputs, "Output"),
            self.is_protected,
            members(&self.parameters, "Parameter"),
            members(&self.tags, ""),
        )
    }

    fn made_of(&self) -> String {
        let one = |[logical, kind, physical]: &[&str; 3]| {
            format!(
                "<member><LogicalResourceId>{logical}</LogicalResourceId><ResourceType>{kind}</ResourceType>\
                 <PhysicalResourceId>{physical}</PhysicalResourceId><ResourceStatus>CREATE_COMPLETE</ResourceStatus>\
                 <LastUpdatedTimestamp>2026-01-01T00:00:00Z</LastUpdatedTimestamp></member>"
            )
        };
        let members: String = self.resources.iter().map(one).collect();
        format!("<StackResourceSummaries>{members}</StackResourceSummaries>")
    }

    /// The newest first.
    fn told(&self) -> String {
        let shown = self.events.iter().enumerate().take(self.shown);
        let one = |(at, [resource, kind, state, reason]): (usize, &[&str; 4])| {
            format!(
                "<member><EventId>event-{at}</EventId><StackName>ota</StackName><LogicalResourceId>{resource}\
                 </LogicalResourceId><ResourceType>{kind}</ResourceType><Timestamp>2026-01-01T00:00:00Z</Timestamp>\
                 <ResourceStatus>{state}</ResourceStatus><ResourceStatusReason>{reason}</ResourceStatusReason></member>"
            )
        };
        format!("<StackEvents>{}</StackEvents>", shown.rev().map(one).collect::<String>())
    }
}

/// A field of a call, as it came.
fn field<'a>(call: &'a str, name: &str) -> Option<&'a str> {
    call.split('&').find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
}

fn error(code: &str, message: &str) -> String {
    format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
         <RequestId>none</RequestId></ErrorResponse>"
    )
}
