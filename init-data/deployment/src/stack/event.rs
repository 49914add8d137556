use std::collections::HashSet;
use std::fmt;

use super::account::Account;
use super::error::{StackError, one_line};
use super::found::Stack;

/// Most pages of events that are read at once, 100 events each: more than a stack of edgehop's has in one operation.
const MAX_PAGES: usize = 50;

/// What a stack itself is called among its resources.
const STACK: &str = "AWS::CloudFormation::Stack";

/// Something that happened to a resource of a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The resource's name in the template; the stack's own name where it is about the whole.
    pub resource: String,
    /// What it is, such as `AWS::S3::Bucket`.
    pub kind: String,
    /// Its state, such as `CREATE_IN_PROGRESS`.
    pub state: String,
    /// Why, where CloudFormation says so: one line.
    pub reason: Option<String>,
}

/// The events of what is done to a stack now, each told once.
#[derive(Debug, Default)]
pub(super) struct Events {
    seen: HashSet<String>,
}

impl Event {
    /// It is about the whole stack.
    pub fn is_stacks(&self) -> bool {
        self.kind == STACK
    }

    /// Something did not come to what was asked for, by itself: not because something else had failed before.
    pub fn is_cause(&self) -> bool {
        let cancelled = self.reason.as_ref().is_some_and(|reason| reason.ends_with("cancelled"));
        self.state.ends_with("_FAILED") && !self.is_stacks() && !cancelled
    }

    /// The work on its resource has come to an end.
    pub fn is_done(&self) -> bool {
        self.state.ends_with("_COMPLETE")
    }

    /// What somebody does to the whole stack begins with it.
    fn is_beginning(&self) -> bool {
        self.is_stacks()
            && matches!(self.state.as_str(), "CREATE_IN_PROGRESS" | "UPDATE_IN_PROGRESS" | "DELETE_IN_PROGRESS")
    }
}

impl Events {
    /// Knows all that has happened so far, so that only what comes then is told.
    pub(super) async fn from_now(account: &Account, stack: &Stack) -> Result<Events, StackError> {
        let mut events = Events::default();
        events.further(account, &stack.id).await?;
        Ok(events)
    }

    /// What has happened since this was last asked, first things first; at the first time, since somebody began what is
    /// being done to the stack.
    pub(super) async fn further(&mut self, account: &Account, id: &str) -> Result<Vec<Event>, StackError> {
        let mut pages = account.cloudformation.describe_stack_events().stack_name(id).into_paginator().send();
        let mut found = Vec::new();
        let mut read = 0;
        'pages: while let Some(page) = pages.next().await {
            let page = page.map_err(|error| {
                account.failed("cannot read the stack's events", "cloudformation:DescribeStackEvents", &error)
            })?;
            // The newest comes first.
            for event in page.stack_events.unwrap_or_default() {
                let event_id = event.event_id.clone().unwrap_or_default();
                if self.seen.contains(&event_id) {
                    break 'pages;
                }
                let event = Event::of(event);
                let is_beginning = event.is_beginning();
                found.push((event_id, event));
                if is_beginning {
                    break 'pages;
                }
            }
            read += 1;
            if read == MAX_PAGES {
                break;
            }
        }
        self.seen.extend(found.iter().map(|(id, _)| id.clone()));
        Ok(found.into_iter().rev().map(|(_, event)| event).collect())
    }
}

impl Event {
    fn of(event: aws_sdk_cloudformation::types::StackEvent) -> Event {
        Event {
            resource: event.logical_resource_id.unwrap_or_default(),
            kind: event.resource_type.unwrap_or_default(),
            state: event.resource_status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
            reason: event.resource_status_reason.map(|reason| one_line(&reason)).filter(|reason| !reason.is_empty()),
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Event { resource, kind, state, reason } = self;
        write!(f, "{state:<20} {resource} ({kind})")?;
        reason.iter().try_for_each(|reason| write!(f, ": {reason}"))
    }
}
