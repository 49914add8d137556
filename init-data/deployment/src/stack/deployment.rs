use std::collections::BTreeMap;

use super::code_zip::CodeZip;
use super::name::StackName;

/// A stack as it is to be.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// Its name.
    pub name: StackName,
    /// The function's code; where a stack is there and nothing is given, it stays as it is.
    pub code: Option<CodeZip>,
    /// Parameters of the template; what is not given stays as it is.
    pub parameters: BTreeMap<String, String>,
    /// The bucket for code, where it is not the default one.
    pub code_bucket: Option<String>,
}
