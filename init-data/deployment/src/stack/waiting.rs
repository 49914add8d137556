use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::account::Account;
use super::error::StackError;
use super::event::{Event, Events};
use super::found::Stack;
use super::progress::{Tell, Told};

/// First wait before the stack is looked at again; it doubles with every further look.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// Longest wait between two looks. Resources take seconds to minutes, and CloudFormation throttles its callers.
const MAX_PAUSE: Duration = Duration::from_secs(4);

/// How long CloudFormation may be out of reach meanwhile: what it does goes on without us.
const OUTAGE: Duration = Duration::from_secs(300);

/// How long it may take in all. A distribution takes minutes, a certificate that waits for its DNS record longer.
const LONGEST: Duration = Duration::from_secs(2 * 60 * 60);

/// Waits until CloudFormation has done what it is doing to a stack, and tells every event meanwhile. The stack as it is
/// then; `None` if it is gone. What could not be done is an error, and names the first resource that failed.
pub(super) async fn settled(
    account: &Account,
    stack: &Stack,
    mut events: Events,
    tell: Tell<'_>,
) -> Result<Option<Stack>, StackError> {
    let (begun, mut heard) = (Instant::now(), Instant::now());
    let (mut pause, mut cause, mut state) = (FIRST_PAUSE, None, stack.state.clone());
    let mut is_blind = false;
    loop {
        match look(account, stack, &mut events).await {
            Ok((now, further)) => {
                (heard, is_blind) = (Instant::now(), false);
                for event in further {
                    if cause.is_none() && event.is_cause() {
                        cause = Some(event.clone());
                    }
                    tell(Told::Event(&event));
                }
                let Some(now) = now.filter(|now| !now.state.is_gone()) else { return Ok(None) };
                if !now.state.is_busy() {
                    return if now.state.is_failed() { Err(failed(&now, cause)) } else { Ok(Some(now)) };
                }
                state = now.state;
            }
            Err(error) if error.lasts() || heard.elapsed() > OUTAGE => {
                return Err(StackError::Unwatched { name: stack.name.clone(), why: Box::new(error) });
            }
            // The SDK has asked several times by now: whoever waits for minutes knows why.
            Err(error) if !is_blind => {
                is_blind = true;
                tell(Told::Step(&format!("{error}; CloudFormation goes on meanwhile: looking again")));
            }
            Err(_) => {}
        }
        if begun.elapsed() > LONGEST {
            let advice = "CloudFormation has worked on it for 2 hours; look at its events, then try again".to_owned();
            return Err(StackError::State { name: stack.name.clone(), state, advice });
        }
        sleep(pause).await;
        pause = (pause * 2).min(MAX_PAUSE);
    }
}

/// The stack first, its events then: so none is missed when it has come to its end.
async fn look(
    account: &Account,
    stack: &Stack,
    events: &mut Events,
) -> Result<(Option<Stack>, Vec<Event>), StackError> {
    let now = stack.again(account).await?;
    let further = match now {
        Some(_) => events.further(account, &stack.id).await?,
        None => Vec::new(),
    };
    Ok((now, further))
}

fn failed(stack: &Stack, cause: Option<Event>) -> StackError {
    let cause = match cause {
        Some(Event { resource, kind, state, reason }) => {
            format!(
                "{resource} ({kind}) is the first that failed, {state}: {}",
                reason.as_deref().unwrap_or("no reason")
            )
        }
        None => stack.reason.clone().unwrap_or_else(|| "CloudFormation gave no reason".to_owned()),
    };
    let advice = match stack.state.is_ready() {
        true => "the stack is as it was before; mend that, then try again".to_owned(),
        false => stack.state.advice(&stack.name),
    };
    StackError::Failed { name: stack.name.clone(), state: stack.state.clone(), cause, advice }
}
