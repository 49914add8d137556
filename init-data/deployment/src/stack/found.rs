use std::collections::BTreeMap;

use aws_sdk_cloudformation::error::ProvideErrorMetadata as _;

use super::account::Account;
use super::error::StackError;
use super::name::StackName;
use super::parameters::{CODE_BUCKET, CODE_KEY};
use super::state::State;

/// The tag that `edgehop init` puts on a stack that it makes: its value is the stack's name.
pub(super) const TAG: &str = "edgehop";

/// What the description of edgehop's template starts with.
pub(super) const DESCRIPTION: &str = "edgehop: over-the-air updates";

/// A stack as it was found.
#[derive(Debug, Clone)]
pub struct Stack {
    /// Its name.
    pub name: StackName,
    /// Its ARN: another stack of this name has another.
    pub id: String,
    /// Its state.
    pub state: State,
    /// Why it is in that state, where CloudFormation says so.
    pub reason: Option<String>,
    /// Its parameters' values.
    pub parameters: BTreeMap<String, String>,
    /// What it says about itself.
    pub outputs: Outputs,
    /// It was made from edgehop's template.
    pub is_edgehops: bool,
    /// CloudFormation refuses to delete it.
    pub is_protected: bool,
}

/// What a stack of edgehop's says about itself. What stands in for CloudFormation may leave any of it out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outputs {
    /// `https://<host>`, no slash at the end.
    pub endpoint: Option<String>,
    /// The distribution.
    pub distribution: Option<String>,
    /// The table.
    pub table: Option<String>,
    /// The bucket.
    pub bucket: Option<String>,
    /// The Lambda function's name.
    pub function: Option<String>,
    /// The Lambda function's URL, which CloudFront alone may ask.
    pub function_url: Option<String>,
    /// The ARN of the key-value store with the known words.
    pub known_words: Option<String>,
    /// Where the function logs.
    pub log_group: Option<String>,
    /// Where alarms go.
    pub alarm_topic: Option<String>,
    /// The dashboard.
    pub dashboard: Option<String>,
}

/// One thing that a stack is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Its name in the template.
    pub logical: String,
    /// What it is, such as `AWS::S3::Bucket`.
    pub kind: String,
    /// Its own name; absent while it is not there yet.
    pub physical: Option<String>,
    /// Its state, such as `CREATE_COMPLETE`.
    pub state: String,
}

impl Stack {
    /// The stack of this name in the account's region: one call. `None` if there is none.
    pub async fn find(account: &Account, name: &StackName) -> Result<Option<Stack>, StackError> {
        Stack::look(account, name, name.as_str()).await
    }

    /// The same; that there is none is an error.
    pub async fn get(account: &Account, name: &StackName) -> Result<Stack, StackError> {
        let missing = || StackError::Missing { name: name.clone(), region: account.region.clone() };
        Stack::find(account, name).await?.ok_or_else(missing)
    }

    /// The stack of edgehop's that CloudFormation has just begun to make, as long as nobody has looked at it.
    pub(super) fn begun(name: &StackName, id: Option<String>) -> Stack {
        Stack {
            name: name.clone(),
            id: id.unwrap_or_else(|| name.to_string()),
            state: State::new("CREATE_IN_PROGRESS"),
            reason: None,
            parameters: BTreeMap::new(),
            outputs: Outputs::default(),
            is_edgehops: true,
            is_protected: false,
        }
    }

    /// The same stack as it is now, even if it is deleted by now; `None` if CloudFormation has forgotten it.
    pub async fn again(&self, account: &Account) -> Result<Option<Stack>, StackError> {
        Stack::look(account, &self.name, &self.id).await
    }

    /// What the stack is made of. One call for each 100 resources.
    pub async fn resources(&self, account: &Account) -> Result<Vec<Resource>, StackError> {
        let mut listed =
            account.cloudformation.list_stack_resources().stack_name(&self.id).into_paginator().items().send();
        let mut resources = Vec::new();
        while let Some(summary) = listed.next().await {
            let what = format!("cannot see what the stack {} is made of", self.name);
            let summary = summary.map_err(|error| account.failed(what, "cloudformation:ListStackResources", &error))?;
            resources.push(Resource {
                logical: summary.logical_resource_id.unwrap_or_default(),
                kind: summary.resource_type.unwrap_or_default(),
                physical: summary.physical_resource_id.filter(|id| !id.is_empty()),
                state: summary.resource_status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
            });
        }
        Ok(resources)
    }

    /// This stack if it is edgehop's, or nobody's yet; [`StackError::Foreign`] if not.
    pub fn own(self, account: &Account) -> Result<Stack, StackError> {
        match self.is_edgehops || self.state.is_empty() {
            true => Ok(self),
            false => Err(StackError::Foreign { name: self.name, region: account.region.clone() }),
        }
    }

    /// This stack if it can be used; [`StackError::State`] if not.
    pub fn ready(self) -> Result<Stack, StackError> {
        match self.state.is_ready() {
            true => Ok(self),
            false => Err(self.unfit()),
        }
    }

    /// That it is in a state in which nothing can be done with it.
    pub(super) fn unfit(&self) -> StackError {
        StackError::State { name: self.name.clone(), state: self.state.clone(), advice: self.state.advice(&self.name) }
    }

    async fn look(account: &Account, name: &StackName, name_or_id: &str) -> Result<Option<Stack>, StackError> {
        let found = account.cloudformation.describe_stacks().stack_name(name_or_id).send().await;
        let found = match found {
            Ok(found) => found,
            // CloudFormation has no code of its own for it.
            Err(error) if error.message().is_some_and(|said| said.contains("does not exist")) => return Ok(None),
            Err(error) => {
                let what = format!("cannot look at the stack {name}");
                return Err(account.failed(what, "cloudformation:DescribeStacks", &error));
            }
        };
        Ok(found.stacks.unwrap_or_default().into_iter().next().map(|stack| Stack::of(name, stack)))
    }

    fn of(name: &StackName, stack: aws_sdk_cloudformation::types::Stack) -> Stack {
        let described = stack.description().is_some_and(|text| text.starts_with(DESCRIPTION));
        let tagged = stack.tags().iter().any(|tag| tag.key() == Some(TAG) && tag.value() == Some(name.as_str()));
        let outputs = stack.outputs.unwrap_or_default().into_iter();
        let parameters = stack.parameters.unwrap_or_default().into_iter();
        let parameters = parameters.filter_map(|one| Some((one.parameter_key?, one.parameter_value?)));
        let parameters: BTreeMap<String, String> = parameters.collect();
        // Others tag their stacks with whose costs they are: a tag alone says nothing.
        let takes_code = [CODE_BUCKET, CODE_KEY].iter().all(|name| parameters.contains_key(*name));
        Stack {
            name: name.clone(),
            id: stack.stack_id.unwrap_or_else(|| name.to_string()),
            state: State::new(stack.stack_status.map(|status| status.as_str().to_owned()).unwrap_or_default()),
            reason: stack.stack_status_reason,
            parameters,
            outputs: Outputs::of(outputs.filter_map(|one| Some((one.output_key?, one.output_value?))).collect()),
            is_edgehops: described || (tagged && takes_code),
            is_protected: stack.enable_termination_protection.unwrap_or(false),
        }
    }
}

impl Resource {
    /// It was made, and is not deleted.
    pub fn is_there(&self) -> bool {
        self.physical.is_some() && self.state != "DELETE_COMPLETE"
    }
}

impl Outputs {
    fn of(mut said: BTreeMap<String, String>) -> Outputs {
        let mut take = |name: &str| said.remove(name).filter(|value| !value.is_empty());
        Outputs {
            endpoint: take("Endpoint").filter(|url| is_endpoint(url)),
            distribution: take("DistributionId"),
            table: take("TableName"),
            bucket: take("BucketName"),
            function: take("FunctionName"),
            function_url: take("FunctionUrl"),
            known_words: take("KnownWordsArn"),
            log_group: take("LogGroupName"),
            alarm_topic: take("AlarmTopicArn"),
            dashboard: take("DashboardName"),
        }
    }
}

/// A URL that devices can ask. What stands in for CloudFormation makes other texts of distributions that it has not.
fn is_endpoint(url: &str) -> bool {
    let host = url.strip_prefix("https://").unwrap_or_default();
    host.contains('.') && host.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
}
