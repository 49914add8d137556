use aws_sdk_cloudformation::error::SdkError;
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    BucketLocationConstraint, CreateBucketConfiguration, PublicAccessBlockConfiguration, ServerSideEncryption,
    ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
};
use base64ct::{Base64, Encoding as _};
use resolver::words::Sha256;
use serde_json::json;

use super::account::{Account, Identity};
use super::error::StackError;
use super::name::StackName;
use super::progress::{Tell, Told};

/// The region whose buckets are made without a word about where (S3 API reference, CreateBucket).
const UNSAID_REGION: &str = "us-east-1";

/// What the policy's statement is called.
const TLS_ONLY: &str = "EdgehopTlsOnly";

/// Where code and templates are put for CloudFormation to read: a private bucket that all stacks of an account in a region
/// share. Each stack has a folder there, and an object's name is its SHA-256, so nothing is uploaded twice.
#[derive(Debug, Clone)]
pub(super) struct CodeBucket {
    pub(super) name: String,
    owner: Identity,
}

/// What is uploaded.
#[derive(Debug, Clone, Copy)]
pub(super) enum Upload {
    Code,
    Template,
}

impl CodeBucket {
    /// The name that it has unless the operator says otherwise.
    pub(super) fn default_name(owner: &Identity, region: &str) -> String {
        format!("edgehop-code-{}-{region}", owner.account)
    }

    /// Opens it: the one that is given, else the one that the stack has its code from, if that is there, else the one of the
    /// default name. That one is made if it is not there, and made private: whoever was stopped before that was done is gone on
    /// with. Any other is the operator's own, and is taken as it is.
    pub(super) async fn open(
        account: &Account,
        given: Option<String>,
        stands: Option<String>,
        owner: Identity,
        tell: Tell<'_>,
    ) -> Result<CodeBucket, StackError> {
        let default = CodeBucket::default_name(&owner, &account.region);
        let is_given = given.is_some();
        if let Some(name) = given.or(stands).filter(|name| *name != default) {
            let bucket = CodeBucket { name, owner: owner.clone() };
            if bucket.is_there(account).await? {
                return Ok(bucket);
            }
            let missing = format!("there is no bucket {}", bucket.name);
            if is_given {
                let how = format!("make it, or leave --code-bucket out, and edgehop makes {default}");
                return Err(StackError::CodeBucket(format!("{missing}: {how}")));
            }
            tell(Told::Step(&format!("{missing} any more, which the stack has its code from: taking {default}")));
        }
        let bucket = CodeBucket { name: default, owner };
        let is_there = bucket.is_there(account).await?;
        if !is_there {
            bucket.create(account).await?;
        }
        // The policy comes last: where it is, the rest is.
        if !is_there || !bucket.has_policy(account).await? {
            bucket.lock(account).await?;
        }
        Ok(bucket)
    }

    /// The key of an object of these bytes.
    pub(super) fn key(stack: &StackName, what: Upload, sha256: &Sha256) -> String {
        format!("{}{sha256}.{}", CodeBucket::folder(stack), what.kind())
    }

    /// Where a stack's objects are.
    pub(super) fn folder(stack: &StackName) -> String {
        format!("{stack}/")
    }

    /// The key is one of those that this stack's objects have.
    pub(super) fn is_upload(stack: &StackName, key: &str) -> bool {
        let name = key.strip_prefix(&CodeBucket::folder(stack)).and_then(|name| name.split_once('.'));
        let is_kind = |kind: &str| [Upload::Code, Upload::Template].iter().any(|what| what.kind() == kind);
        name.is_some_and(|(digest, kind)| Sha256::from_hex(digest.as_bytes()).is_some() && is_kind(kind))
    }

    /// Puts an object there, if it is not there yet. Whether it was put.
    pub(super) async fn put(
        &self,
        account: &Account,
        key: &str,
        bytes: Vec<u8>,
        sha256: &Sha256,
    ) -> Result<bool, StackError> {
        let s3 = &account.clients.s3;
        let what = |verb: &str| format!("cannot {verb} {key} in the bucket {}", self.name);
        let head = s3.head_object().bucket(&self.name).key(key).expected_bucket_owner(&self.owner.account);
        match head.send().await {
            Ok(there) if there.content_length() == i64::try_from(bytes.len()).ok() => return Ok(false),
            Ok(_) => {}
            // Without s3:ListBucket S3 says "forbidden" where it means "not there": to put it is then the test.
            Err(error) if matches!(status(&error), 403 | 404) => {}
            Err(error) => return Err(account.failed(what("look at"), "s3:GetObject", &error)),
        }
        let put = s3.put_object().bucket(&self.name).key(key).expected_bucket_owner(&self.owner.account);
        let put = put.checksum_sha256(Base64::encode_string(&sha256.0)).body(ByteStream::from(bytes));
        put.send().await.map_err(|error| account.failed(what("put"), "s3:PutObject", &error))?;
        Ok(true)
    }

    /// The URL that CloudFormation reads an object at.
    pub(super) fn url(&self, account: &Account, key: &str) -> String {
        let suffix = if self.owner.partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
        // A name with a dot in it fits no certificate of S3's.
        match self.name.contains('.') {
            true => format!("https://s3.{}.{suffix}/{}/{key}", account.region, self.name),
            false => format!("https://{}.s3.{}.{suffix}/{key}", self.name, account.region),
        }
    }

    async fn is_there(&self, account: &Account) -> Result<bool, StackError> {
        let head = account.clients.s3.head_bucket().bucket(&self.name).expected_bucket_owner(&self.owner.account);
        let Err(error) = head.send().await else { return Ok(true) };
        let name = &self.name;
        // Another region's S3 answers a HEAD with 301 or 400, and with its name.
        let elsewhere = error.raw_response().and_then(|response| response.headers().get("x-amz-bucket-region"));
        let is_elsewhere = elsewhere.is_some_and(|region| region != account.region);
        match status(&error) {
            404 => Ok(false),
            status if status == 301 || is_elsewhere => Err(self.elsewhere(account)),
            403 => Err(self.not_ours()),
            _ => Err(account.failed(format!("cannot look at the bucket {name}"), "s3:ListBucket", &error)),
        }
    }

    fn elsewhere(&self, account: &Account) -> StackError {
        StackError::CodeBucket(format!(
            "the bucket {} is in another region than the stack: give one in {} with --code-bucket",
            self.name, account.region
        ))
    }

    async fn create(&self, account: &Account) -> Result<(), StackError> {
        let mut create = account.clients.s3.create_bucket().bucket(&self.name);
        if account.region != UNSAID_REGION {
            let at = BucketLocationConstraint::from(account.region.as_str());
            create = create
                .create_bucket_configuration(CreateBucketConfiguration::builder().location_constraint(at).build());
        }
        match create.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some("BucketAlreadyOwnedByYou") => Ok(()),
            Err(error) if error.code() == Some("BucketAlreadyExists") => Err(self.not_ours()),
            Err(error) => {
                let what = format!("cannot make the bucket {}", self.name);
                Err(account.failed(what, "s3:CreateBucket", &error))
            }
        }
    }

    fn not_ours(&self) -> StackError {
        StackError::CodeBucket(format!(
            "the bucket {} belongs to another account, or these credentials may not see it: allow them s3:ListBucket on it, \
             or give another name with --code-bucket",
            self.name
        ))
    }

    async fn has_policy(&self, account: &Account) -> Result<bool, StackError> {
        match account.clients.s3.get_bucket_policy().bucket(&self.name).send().await {
            Ok(found) => Ok(found.policy().is_some_and(|policy| policy.contains(TLS_ONLY))),
            Err(error) if error.code() == Some("NoSuchBucketPolicy") => Ok(false),
            Err(error) => {
                let what = format!("cannot read the policy of the bucket {}", self.name);
                Err(account.failed(what, "s3:GetBucketPolicy", &error))
            }
        }
    }

    /// Nobody else reads it, it is encrypted, and it is talked to by TLS alone.
    async fn lock(&self, account: &Account) -> Result<(), StackError> {
        let (s3, name) = (&account.clients.s3, &self.name);
        let what = || format!("cannot make the bucket {name} private");
        let blocked = PublicAccessBlockConfiguration::builder()
            .block_public_acls(true)
            .block_public_policy(true)
            .ignore_public_acls(true)
            .restrict_public_buckets(true)
            .build();
        let block = s3.put_public_access_block().bucket(name).public_access_block_configuration(blocked);
        block.send().await.map_err(|error| account.failed(what(), "s3:PutBucketPublicAccessBlock", &error))?;
        let own_key = ServerSideEncryptionByDefault::builder().sse_algorithm(ServerSideEncryption::Aes256).build();
        // Only what lacks something that is required cannot be built, and nothing here does.
        if let Ok(own_key) = own_key {
            let rule = ServerSideEncryptionRule::builder().apply_server_side_encryption_by_default(own_key).build();
            if let Ok(rules) = ServerSideEncryptionConfiguration::builder().rules(rule).build() {
                let encrypt = s3.put_bucket_encryption().bucket(name).server_side_encryption_configuration(rules);
                encrypt
                    .send()
                    .await
                    .map_err(|error| account.failed(what(), "s3:PutEncryptionConfiguration", &error))?;
            }
        }
        let bucket = format!("arn:{}:s3:::{name}", self.owner.partition);
        let policy = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Sid": TLS_ONLY, "Effect": "Deny", "Principal": "*", "Action": "s3:*",
                "Resource": [bucket, format!("{bucket}/*")],
                "Condition": { "Bool": { "aws:SecureTransport": "false" } },
            }],
        });
        let put = s3.put_bucket_policy().bucket(name).policy(policy.to_string());
        put.send().await.map_err(|error| account.failed(what(), "s3:PutBucketPolicy", &error))?;
        Ok(())
    }
}

impl Upload {
    fn kind(self) -> &'static str {
        match self {
            Upload::Code => "zip",
            Upload::Template => "yaml",
        }
    }
}

/// The HTTP status of an error; 0 if no service answered.
fn status<E>(error: &SdkError<E, aws_sdk_cloudformation::config::http::HttpResponse>) -> u16 {
    error.raw_response().map_or(0, |response| response.status().as_u16())
}
