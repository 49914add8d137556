use std::fmt;

use serde::Serialize;

use super::name::StackName;

/// A stack's state, as CloudFormation spells it (user guide, "Stack status codes").
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct State(String);

impl State {
    /// The state of this spelling.
    pub fn new(spelled: impl Into<String>) -> State {
        State(spelled.into())
    }

    /// As CloudFormation spells it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The stack is whole: it can be used, and updated.
    pub fn is_ready(&self) -> bool {
        matches!(
            self.as_str(),
            "CREATE_COMPLETE"
                | "UPDATE_COMPLETE"
                | "UPDATE_ROLLBACK_COMPLETE"
                | "IMPORT_COMPLETE"
                | "IMPORT_ROLLBACK_COMPLETE"
        )
    }

    /// CloudFormation works on it, and will come to an end by itself.
    pub fn is_busy(&self) -> bool {
        self.as_str().ends_with("_IN_PROGRESS") && !self.is_empty()
    }

    /// Nothing but a change set is there, which waits for somebody: no resource, and no template either that could say whose
    /// the stack is.
    pub fn is_empty(&self) -> bool {
        self.as_str() == "REVIEW_IN_PROGRESS"
    }

    /// It is being deleted.
    pub fn is_leaving(&self) -> bool {
        self.as_str() == "DELETE_IN_PROGRESS"
    }

    /// It is deleted.
    pub fn is_gone(&self) -> bool {
        self.as_str() == "DELETE_COMPLETE"
    }

    /// The last thing that was done to it did not come to what was asked for.
    pub fn is_failed(&self) -> bool {
        self.as_str().ends_with("_FAILED") || self.as_str().contains("ROLLBACK")
    }

    /// What to do about a stack that is not ready, and that nobody waits for.
    pub fn advice(&self, name: &StackName) -> String {
        match self.as_str() {
            "DELETE_IN_PROGRESS" => "wait until it is gone, then try again".to_owned(),
            "ROLLBACK_COMPLETE" | "CREATE_FAILED" => format!(
                "it was never made, and what was tried is undone; delete it with `edgehop destroy {name}`, then make it \
                 with `edgehop init {name} --create`"
            ),
            "ROLLBACK_FAILED" | "DELETE_FAILED" => format!(
                "CloudFormation could not delete all of it; see what is left with `aws cloudformation \
                 describe-stack-events --stack-name {name}`, then delete the rest with `edgehop destroy {name}`"
            ),
            "REVIEW_IN_PROGRESS" => format!(
                "somebody made a change set for it that was never executed; execute it, or delete it with `edgehop destroy \
                 {name}`"
            ),
            "UPDATE_ROLLBACK_FAILED" => format!(
                "an update could not be undone; mend what its events name, then `aws cloudformation \
                 continue-update-rollback --stack-name {name}`"
            ),
            "UPDATE_FAILED" => {
                format!(
                    "an update stopped halfway; undo it with `aws cloudformation rollback-stack --stack-name {name}`"
                )
            }
            _ if self.is_busy() => {
                format!(
                    "somebody changes it now; wait until that is done, or watch it with `edgehop init {name} --create`"
                )
            }
            _ => "edgehop does not know this state; look at the stack in CloudFormation's console".to_owned(),
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
