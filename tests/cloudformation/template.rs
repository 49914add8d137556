//! The template, and what a stack of it is with some parameters: conditions decided, functions worked out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use edgehop_tests::packages;
use serde_json::{Map, Value, json};

/// The linter that also reads the template for these tests.
pub(crate) const CFN_LINT: &str = "cfn-lint==1.58.0";

/// Prints a template as JSON, with `!Sub` and its like in their long form.
const LOADER: &str = "import json, sys, cfnlint.decode
template, problems = cfnlint.decode.decode(sys.argv[1])
assert not problems, problems
print(json.dumps(template))";

/// A template's parts that a stack has none of.
const ABSENT: &str = "AWS::NoValue";

/// Where the template is.
pub(crate) fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../cloudformation/template.yaml")
}

/// The interpreter that has the linter.
pub(crate) fn python() -> PathBuf {
    packages::python("cfn-lint", &[CFN_LINT])
}

/// The template as it is written.
pub(crate) fn template() -> &'static Value {
    static TEMPLATE: OnceLock<Value> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let output = Command::new(python()).args(["-c", LOADER]).arg(path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    })
}

/// A stack: what the template makes of parameters.
pub(crate) struct Stack {
    /// By logical name, those that there are.
    pub(crate) resources: BTreeMap<String, Value>,
    pub(crate) outputs: BTreeMap<String, Value>,
    /// What is said of parameters that do not go together.
    pub(crate) refused: Vec<String>,
}

/// A stack in us-east-1 with these parameters; others have their defaults.
///
/// A reference to a resource is its name in angle brackets, as in `<Bucket.Arn>/blobs/*`. A reference to a resource that
/// the stack does not have is a panic.
pub(crate) fn stack(given: &[(&str, &str)]) -> Stack {
    stack_in("us-east-1", given)
}

/// The same in another region.
pub(crate) fn stack_in(region: &str, given: &[(&str, &str)]) -> Stack {
    let template = template();
    let mut values: BTreeMap<String, Value> = [
        ("AWS::Region", region),
        ("AWS::AccountId", "123456789012"),
        ("AWS::Partition", "aws"),
        ("AWS::URLSuffix", "amazonaws.com"),
        ("AWS::StackName", "ota"),
        ("AWS::StackId", "arn:aws:cloudformation:us-east-1:123456789012:stack/ota/0a1b2c3d"),
    ]
    .map(|(name, value)| (name.to_owned(), json!(value)))
    .into();
    let given: BTreeMap<_, _> =
        [("CodeBucket", "code"), ("CodeKey", "edgehop.zip")].iter().chain(given).copied().collect();
    for (name, parameter) in object(&template["Parameters"]) {
        let default = parameter.get("Default").map(text);
        let value = given.get(name.as_str()).map(|&value| value.to_owned()).or(default);
        values.insert(name.clone(), json!(value.unwrap_or_else(|| panic!("{name} has no default"))));
    }
    for name in given.keys() {
        assert!(values.contains_key(*name), "there is no parameter {name}");
    }
    let mut worker = Worker { template, values, present: Vec::new() };
    let all = object(&template["Resources"]);
    let there =
        |resource: &Value| resource.get("Condition").is_none_or(|name| worker.condition(name.as_str().unwrap()));
    worker.present = all.iter().filter(|(_, resource)| there(resource)).map(|(name, _)| name.clone()).collect();
    let resources = worker.present.iter().map(|name| (name.clone(), worker.work_out(&all[name]).unwrap())).collect();
    let outputs = object(&template["Outputs"]).iter();
    let outputs = outputs.map(|(name, output)| (name.clone(), worker.work_out(&output["Value"]).unwrap())).collect();
    let refused = object(&template["Rules"]).values().flat_map(|rule| worker.refused(rule)).collect();
    Stack { resources, outputs, refused }
}

impl Stack {
    /// A resource's properties.
    pub(crate) fn properties(&self, name: &str) -> &Value {
        &self.resources.get(name).unwrap_or_else(|| panic!("the stack has no {name}"))["Properties"]
    }

    /// The names of all resources of a type.
    pub(crate) fn of_type(&self, kind: &str) -> Vec<&str> {
        let all = self.resources.iter().filter(|(_, resource)| resource["Type"] == kind);
        all.map(|(name, _)| name.as_str()).collect()
    }
}

/// The members of an object.
pub(crate) fn object(value: &Value) -> &Map<String, Value> {
    value.as_object().unwrap_or_else(|| panic!("no object: {value}"))
}

/// A list's members, or the one that stands for a list.
pub(crate) fn list(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |list| list.iter().collect())
}

/// A text, number or truth as text: CloudFormation's parameters know no others.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

struct Worker<'a> {
    template: &'a Value,
    values: BTreeMap<String, Value>,
    present: Vec<String>,
}

impl Worker<'_> {
    /// `None` if there is nothing: `AWS::NoValue`.
    fn work_out(&self, value: &Value) -> Option<Value> {
        let all = |list: &Vec<Value>| list.iter().filter_map(|value| self.work_out(value)).collect::<Vec<_>>();
        match value {
            Value::Array(list) => Some(json!(all(list))),
            Value::Object(members) if members.len() == 1 => {
                let (name, argument) = members.iter().next().unwrap();
                self.function(name, argument).unwrap_or_else(|| Some(self.members(members)))
            }
            Value::Object(members) => Some(self.members(members)),
            plain => Some(plain.clone()),
        }
    }

    fn members(&self, members: &Map<String, Value>) -> Value {
        let worked_out = members.iter().filter_map(|(name, value)| Some((name.clone(), self.work_out(value)?)));
        Value::Object(worked_out.collect())
    }

    /// `None` if this is no function.
    fn function(&self, name: &str, argument: &Value) -> Option<Option<Value>> {
        let worked_out = |index: usize| self.work_out(&argument[index]).unwrap();
        Some(match name {
            "Ref" if argument == ABSENT => None,
            "Ref" => Some(self.reference(argument.as_str().unwrap())),
            "Fn::GetAtt" => {
                let path: Vec<_> = list(argument).into_iter().map(|part| part.as_str().unwrap()).collect();
                Some(self.attribute(&path.join(".")))
            }
            "Fn::Sub" => Some(self.substitute(argument)),
            "Fn::If" => self.work_out(&argument[if self.condition(argument[0].as_str().unwrap()) { 1 } else { 2 }]),
            "Fn::Select" => Some(worked_out(1)[text(&argument[0]).parse::<usize>().unwrap()].clone()),
            "Fn::Split" => {
                let (separator, whole) = (text(&worked_out(0)), text(&worked_out(1)));
                Some(json!(whole.split(&separator).collect::<Vec<_>>()))
            }
            "Fn::FindInMap" => {
                let [map, key, value] = [0, 1, 2].map(|index| text(&worked_out(index)));
                Some(self.template["Mappings"][&map][&key][&value].clone())
            }
            "Fn::Equals" | "Fn::Not" | "Fn::And" | "Fn::Or" | "Condition" if self.is_condition(argument) => {
                Some(json!(self.holds(&json!({ name: argument }))))
            }
            other => {
                assert!(!other.starts_with("Fn::"), "these tests do not know {other}");
                return None;
            }
        })
    }

    /// `Condition` is also what a policy's statement calls its own.
    fn is_condition(&self, argument: &Value) -> bool {
        argument.is_array() || argument.as_str().is_some_and(|name| self.template["Conditions"].get(name).is_some())
    }

    fn reference(&self, name: &str) -> Value {
        let value = self.values.get(name).cloned();
        value.unwrap_or_else(|| {
            assert!(self.present.iter().any(|present| present == name), "{name} is named, but the stack has none");
            json!(format!("<{name}>"))
        })
    }

    fn attribute(&self, path: &str) -> Value {
        let (name, attribute) = path.split_once('.').unwrap();
        self.reference(name);
        match attribute {
            // URLs are taken apart.
            "FunctionUrl" => json!("https://<FunctionUrl>/"),
            _ => json!(format!("<{path}>")),
        }
    }

    fn substitute(&self, argument: &Value) -> Value {
        let text_of = list(argument)[0].as_str().unwrap();
        let own = argument.get(1).map(|own| self.work_out(own).unwrap());
        let (mut rest, mut worked_out) = (text_of, String::new());
        while let Some((before, from)) = rest.split_once("${") {
            let (name, after) = from.split_once('}').unwrap();
            let own = own.as_ref().and_then(|own| own.get(name)).cloned();
            let value =
                own.unwrap_or_else(|| if name.contains('.') { self.attribute(name) } else { self.reference(name) });
            worked_out = worked_out + before + &text(&value);
            rest = after;
        }
        json!(worked_out + rest)
    }

    fn condition(&self, name: &str) -> bool {
        let condition = self.template["Conditions"].get(name);
        self.holds(condition.unwrap_or_else(|| panic!("there is no condition {name}")))
    }

    fn holds(&self, condition: &Value) -> bool {
        let (name, argument) = object(condition).iter().next().unwrap();
        let value = |index: usize| text(&self.work_out(&argument[index]).unwrap());
        match name.as_str() {
            "Fn::Equals" => value(0) == value(1),
            "Fn::Not" => !self.holds(&argument[0]),
            "Fn::And" => list(argument).into_iter().all(|part| self.holds(part)),
            "Fn::Or" => list(argument).into_iter().any(|part| self.holds(part)),
            "Condition" => self.condition(argument.as_str().unwrap()),
            other => panic!("these tests do not know {other}"),
        }
    }

    fn refused(&self, rule: &Value) -> Vec<String> {
        if !rule.get("RuleCondition").is_none_or(|condition| self.holds(condition)) {
            return Vec::new();
        }
        let broken =
            rule["Assertions"].as_array().unwrap().iter().filter(|assertion| !self.holds(&assertion["Assert"]));
        broken.map(|assertion| assertion["AssertDescription"].as_str().unwrap().to_owned()).collect()
    }
}
