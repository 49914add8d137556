//! What a stack's parameters become.

use std::collections::BTreeMap;
use std::str::FromStr;

use aws_sdk_cloudformation::types::Parameter;

use super::deployment::Deployment;
use super::error::StackError;
use super::template;

/// Where the function's code is: `init` says it.
pub(super) const CODE_BUCKET: &str = "CodeBucket";
/// Where it is in that bucket.
pub(super) const CODE_KEY: &str = "CodeKey";
/// What the code was built for.
const ARCHITECTURE: &str = "Architecture";
/// A table that the stack uses and did not make.
pub(super) const EXISTING_TABLE: &str = "ExistingTable";
/// A bucket that the stack uses and did not make.
pub(super) const EXISTING_BUCKET: &str = "ExistingBucket";

/// A parameter and its value, as operators write them: `Key=Value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The parameter.
    pub name: String,
    /// The value. It may be empty.
    pub value: String,
}

/// No `Key=Value`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it takes Key=Value, such as LogLevel=debug")]
pub struct InvalidGiven;

impl FromStr for Given {
    type Err = InvalidGiven;

    fn from_str(text: &str) -> Result<Self, InvalidGiven> {
        let (name, value) = text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or(InvalidGiven)?;
        Ok(Given { name: name.to_owned(), value: value.to_owned() })
    }
}

/// Each parameter once, and with one value.
pub fn together(given: Vec<Given>) -> Result<BTreeMap<String, String>, StackError> {
    let mut together = BTreeMap::new();
    for Given { name, value } in given {
        if together.get(&name).is_some_and(|there| *there != value) {
            return Err(StackError::Wish(format!("--parameter {name} is given twice, with two values: give it once")));
        }
        together.insert(name, value);
    }
    Ok(together)
}

/// That the parameters are the template's, and the operator's to give.
pub(super) fn check(deployment: &Deployment) -> Result<(), StackError> {
    let known: Vec<&str> =
        template::parameters().into_iter().filter(|name| ![CODE_BUCKET, CODE_KEY].contains(name)).collect();
    for name in deployment.parameters.keys() {
        if [CODE_BUCKET, CODE_KEY].contains(&name.as_str()) {
            return Err(StackError::Wish(format!(
                "--parameter {name}: edgehop sets it itself; give the zip with --code, and its bucket with --code-bucket"
            )));
        }
        if !known.contains(&name.as_str()) {
            let known = known.join(", ");
            return Err(StackError::Wish(format!("--parameter {name}: there is no such parameter; there are {known}")));
        }
    }
    Ok(())
}

/// That code and architecture go together.
pub(super) fn check_architecture(
    deployment: &Deployment,
    stands: Option<&BTreeMap<String, String>>,
) -> Result<(), StackError> {
    let Some(given) = deployment.parameters.get(ARCHITECTURE) else { return Ok(()) };
    match (&deployment.code, stands.and_then(|parameters| parameters.get(ARCHITECTURE))) {
        (Some(code), _) if code.architecture.as_str() != given => Err(StackError::Wish(format!(
            "--parameter {ARCHITECTURE}={given}: the zip was built for {}; leave the parameter out, or give a zip for {given}",
            code.architecture
        ))),
        (None, Some(there)) if there != given => Err(StackError::Wish(format!(
            "--parameter {ARCHITECTURE}={given}: the code that is deployed was built for {there}; give a zip for {given} with \
             --code"
        ))),
        _ => Ok(()),
    }
}

/// Every parameter of the template: what is given, what is there already, and for the rest the template's default.
pub(super) fn of(
    deployment: &Deployment,
    stands: Option<&BTreeMap<String, String>>,
    code: Option<(String, String)>,
) -> Vec<Parameter> {
    let mut given = deployment.parameters.clone();
    if let Some((bucket, key)) = code {
        given.extend([(CODE_BUCKET.to_owned(), bucket), (CODE_KEY.to_owned(), key)]);
    }
    if let Some(code) = &deployment.code {
        given.insert(ARCHITECTURE.to_owned(), code.architecture.to_string());
    }
    let one = |name: &str| match given.get(name) {
        Some(value) => Some(Parameter::builder().parameter_key(name).parameter_value(value).build()),
        None if stands.is_some_and(|parameters| parameters.contains_key(name)) => {
            Some(Parameter::builder().parameter_key(name).use_previous_value(true).build())
        }
        None => None,
    };
    template::parameters().into_iter().filter_map(one).collect()
}
