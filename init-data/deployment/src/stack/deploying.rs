use std::collections::BTreeMap;

use aws_sdk_cloudformation::error::ProvideErrorMetadata as _;
use aws_sdk_cloudformation::types::{Capability, OnFailure, Parameter, Tag};
use serde::Serialize;

use super::account::{Account, Identity};
use super::code_bucket::{CodeBucket, Upload};
use super::code_zip::HOW;
use super::deployment::Deployment;
use super::error::StackError;
use super::event::Events;
use super::found::{Stack, TAG};
use super::moving;
use super::name::StackName;
use super::parameters::{self, CODE_BUCKET, EXISTING_BUCKET};
use super::progress::{Tell, Told};
use super::read_grant;
use super::template::{self, TEMPLATE};
use super::waiting::settled;

/// How often it begins anew because somebody else does something to the stack.
const MAX_ROUNDS: usize = 10;

/// What CloudFormation says of a token that it knows, where it does not just answer as before. Nobody else has ours, so what
/// was asked for is being done.
const REPEATED: &str = "TokenAlreadyExistsException";

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// The stack was made.
    Created,
    /// It was there, and was changed.
    Updated,
    /// It was there, and as it is to be.
    Unchanged,
}

/// A stack that is as it is to be, and what was done for it.
#[derive(Debug, Clone)]
pub struct Deployed {
    /// The stack.
    pub stack: Stack,
    /// What was done.
    pub change: Change,
    /// How many objects had to be uploaded.
    pub uploaded: usize,
}

/// Makes a stack, or changes it into what it is to be, and waits until CloudFormation has done it. Doing the same again
/// changes nothing; what was stopped halfway is gone on with.
pub async fn deploy(account: &Account, deployment: &Deployment, tell: Tell<'_>) -> Result<Deployed, StackError> {
    parameters::check(deployment)?;
    let owner = account.identity().await?;
    let mut uploaded = 0;
    for _ in 0..MAX_ROUNDS {
        let before = usable(account, &deployment.name, tell).await?;
        let stands = before.as_ref().map(|stack| &stack.parameters);
        if before.is_none() && deployment.code.is_none() {
            let name = &deployment.name;
            return Err(StackError::Wish(format!(
                "there is no stack {name} in {} yet, and a new one needs --code with the function's zip; {HOW}",
                account.region
            )));
        }
        parameters::check_architecture(deployment, stands)?;
        let source = upload(account, deployment, &owner, stands, tell).await?;
        uploaded += source.uploaded;
        let all = parameters::of(deployment, stands, source.code);
        let done = match &before {
            None => create(account, &deployment.name, &source.template_url, all, tell).await?,
            Some(stack) if moving::moves(stack, deployment) => {
                moving::leave(account, stack, tell).await?;
                let done = update(account, stack, &source.template_url, all, tell).await;
                if done.is_err() && stack.note_known_words(account).await.is_err() {
                    tell(Told::Step("the old table's note is not back: `edgehop init` without --create brings it"));
                }
                done?
            }
            Some(stack) => update(account, stack, &source.template_url, all, tell).await?,
        };
        if let Some((stack, change)) = done {
            grant(account, &owner, &stack, tell).await?;
            stack.note_known_words(account).await?;
            return Ok(Deployed { stack, change, uploaded });
        }
    }
    Err(StackError::Wish(format!("somebody else keeps changing the stack {}: try again later", deployment.name)))
}

/// The stack as it is, once nobody works on it any more; `None` if there is none.
async fn usable(account: &Account, name: &StackName, tell: Tell<'_>) -> Result<Option<Stack>, StackError> {
    let Some(stack) = Stack::find(account, name).await? else { return Ok(None) };
    let stack = stack.own(account)?;
    if stack.state.is_busy() && !stack.state.is_leaving() {
        tell(Told::Step(&format!("the stack {name} is in {}: waiting for that first", stack.state)));
        match settled(account, &stack, Events::default(), tell).await {
            // That is over, and the stack is as it was before: what is asked for now may be what mends it.
            Err(StackError::Failed { state, cause, .. }) if state.is_ready() => {
                tell(Told::Step(&format!("the stack {name} is in {state}: {cause}; going on from there")));
            }
            settled => return settled,
        }
        let Some(stack) = Stack::find(account, name).await? else { return Ok(None) };
        return stack.own(account)?.ready().map(Some);
    }
    stack.ready().map(Some)
}

/// Where code and template are.
struct Source {
    /// The bucket and the key of code that was given.
    code: Option<(String, String)>,
    template_url: String,
    uploaded: usize,
}

async fn upload(
    account: &Account,
    deployment: &Deployment,
    owner: &Identity,
    stands: Option<&BTreeMap<String, String>>,
    tell: Tell<'_>,
) -> Result<Source, StackError> {
    let there = stands.and_then(|parameters| parameters.get(CODE_BUCKET)).cloned();
    let bucket = CodeBucket::open(account, deployment.code_bucket.clone(), there, owner.clone(), tell).await?;
    let mut uploaded = 0;
    let mut code = None;
    if let Some(zip) = &deployment.code {
        tell(Told::Step(&format!("code: {} bytes for {} into {}", zip.bytes.len(), zip.architecture, bucket.name)));
        let key = CodeBucket::key(&deployment.name, Upload::Code, &zip.sha256);
        uploaded += usize::from(bucket.put(account, &key, zip.bytes.clone(), &zip.sha256).await?);
        code = Some((bucket.name.clone(), key));
    }
    let digest = template::digest();
    let key = CodeBucket::key(&deployment.name, Upload::Template, &digest);
    uploaded += usize::from(bucket.put(account, &key, TEMPLATE.into(), &digest).await?);
    Ok(Source { code, template_url: bucket.url(account, &key), uploaded })
}

/// `None` if somebody else made a stack of this name meanwhile.
async fn create(
    account: &Account,
    name: &StackName,
    template_url: &str,
    parameters: Vec<Parameter>,
    tell: Tell<'_>,
) -> Result<Option<(Stack, Change)>, StackError> {
    tell(Told::Step(&format!("making the stack {name} in {}", account.region)));
    let tag = Tag::builder().key(TAG).value(name.as_str()).build();
    let create = account.cloudformation.create_stack().stack_name(name.as_str()).template_url(template_url);
    let create = create
        .set_parameters(Some(parameters))
        .capabilities(Capability::CapabilityIam)
        .on_failure(OnFailure::Rollback)
        .client_request_token(token())
        .tags(tag);
    let stack = match create.send().await {
        // The stack is being made: that it cannot be looked at for a while must not end this.
        Ok(created) => Stack::begun(name, created.stack_id),
        Err(error) if error.code() == Some(REPEATED) => Stack::begun(name, None),
        Err(error) if error.code() == Some("AlreadyExistsException") => return Ok(None),
        Err(error) => {
            let what = format!("cannot make the stack {name}");
            return Err(account.failed(what, "cloudformation:CreateStack", &error));
        }
    };
    let stack = settled(account, &stack, Events::default(), tell).await?;
    Ok(stack.map(|stack| (stack, Change::Created)))
}

/// `None` if somebody else does something to the stack.
async fn update(
    account: &Account,
    stack: &Stack,
    template_url: &str,
    parameters: Vec<Parameter>,
    tell: Tell<'_>,
) -> Result<Option<(Stack, Change)>, StackError> {
    tell(Told::Step(&format!("looking what there is to change about the stack {} in {}", stack.name, account.region)));
    let events = Events::from_now(account, stack).await?;
    let update = account.cloudformation.update_stack().stack_name(&stack.id).template_url(template_url);
    let update = update.set_parameters(Some(parameters)).capabilities(Capability::CapabilityIam);
    let update = update.client_request_token(token());
    match update.send().await {
        Ok(_) => {}
        Err(error) if error.code() == Some(REPEATED) => {}
        // CloudFormation has a code for neither: both are a ValidationError.
        Err(error) if said(&error, "No updates are to be performed") => {
            return Ok(Some((stack.clone(), Change::Unchanged)));
        }
        Err(error) if said(&error, "_IN_PROGRESS state and can not be updated") => return Ok(None),
        Err(error) => {
            let what = format!("cannot change the stack {}", stack.name);
            return Err(account.failed(what, "cloudformation:UpdateStack", &error));
        }
    }
    let stack = settled(account, stack, events, tell).await?;
    Ok(stack.map(|stack| (stack, Change::Updated)))
}

/// What tells CloudFormation a call that the SDK repeats, because its answer was lost, from another one.
fn token() -> String {
    format!("edgehop-{:032x}", fastrand::u128(..))
}

fn said(error: &impl aws_sdk_cloudformation::error::ProvideErrorMetadata, text: &str) -> bool {
    error.message().is_some_and(|message| message.contains(text))
}

/// A bucket that the stack did not make lets its distribution read artifacts.
async fn grant(account: &Account, owner: &Identity, stack: &Stack, tell: Tell<'_>) -> Result<(), StackError> {
    if let (Some(bucket), Some(distribution)) = (stack.existing(EXISTING_BUCKET), &stack.outputs.distribution)
        && read_grant::give(account, owner, bucket, distribution).await?
    {
        tell(Told::Step(&format!("the distribution may read blobs/* of the bucket {bucket} now")));
    }
    Ok(())
}
