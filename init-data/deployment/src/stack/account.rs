use std::error::Error;
use std::fmt::Display;

use aws_sdk_cloudformation::config::http::HttpResponse;
use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::config::ProvideCredentials as _;
use clap::Args;

use super::error::StackError;
use crate::known_words::{Edge, KnownWordsPlace};

/// The options that say which account is meant, and where it is.
#[derive(Debug, Clone, Default, Args)]
pub struct AccountOptions {
    /// A profile of AWS' configuration files [default: AWS_PROFILE, or the credentials in the environment]
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// The region of the stack, such as eu-central-1 [default: AWS_REGION, or the profile's]
    #[arg(long, value_name = "NAME")]
    pub region: Option<String>,
    /// A URL to ask in place of every service of AWS
    #[arg(long, value_name = "URL")]
    pub endpoint_url: Option<String>,
}

/// An account in one region: a client for each service that a deployment is made with. Clones share everything.
///
/// Its clients are patient: they wait for minutes where devices wait for seconds.
#[derive(Debug, Clone)]
pub struct Account {
    /// The stack.
    pub cloudformation: aws_sdk_cloudformation::Client,
    /// Who asks.
    pub sts: aws_sdk_sts::Client,
    /// The stack's table and bucket, and the bucket that code is uploaded to.
    pub clients: aws::Clients,
    /// What further clients are made from.
    pub settings: aws::SdkConfig,
    /// The region, such as `eu-central-1`.
    pub region: String,
    /// The URL that is asked in place of every service of AWS, if the operator gave one.
    pub endpoint_url: Option<String>,
}

/// Whose account it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The account's number: 12 digits.
    pub account: String,
    /// The partition that its names start with: `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
}

impl AccountOptions {
    /// Opens the account. Credentials are looked for now, and a region must be known; AWS is not asked yet.
    pub async fn open(&self) -> Result<Account, StackError> {
        let AccountOptions { profile, region, endpoint_url } = self.clone();
        let patience = aws::Patience::Operator;
        let given = aws::Options { region, profile, patience, ..aws::Options::default() };
        let settings = aws::settings(&given).await;
        let region = settings.region().ok_or(StackError::NoRegion)?.to_string();
        let mut settings = settings.into_builder();
        if let Some(url) = &endpoint_url {
            settings = settings.endpoint_url(url);
        }
        let settings = settings.build();
        let credentials = settings.credentials_provider();
        if let Some(provider) = &credentials {
            provider
                .provide_credentials()
                .await
                .map_err(|error| StackError::credentials(given.profile.as_deref(), &error))?;
        }
        let (dynamodb_endpoint, s3_endpoint) = (endpoint_url.clone(), endpoint_url.clone());
        let stores = aws::Options {
            region: Some(region.clone()),
            profile: given.profile,
            dynamodb_endpoint,
            s3_endpoint,
            credentials,
            patience,
        };
        let clients = aws::connect(stores).await;
        // The SDK takes settings for what the environment says too: only what a client is told itself is over that.
        let mut cloudformation = aws_sdk_cloudformation::config::Builder::from(&settings);
        let mut sts = aws_sdk_sts::config::Builder::from(&settings);
        if let Some(url) = &endpoint_url {
            cloudformation = cloudformation.endpoint_url(url);
            sts = sts.endpoint_url(url);
        }
        Ok(Account {
            cloudformation: aws_sdk_cloudformation::Client::from_conf(cloudformation.build()),
            sts: aws_sdk_sts::Client::from_conf(sts.build()),
            clients,
            settings,
            region,
            endpoint_url,
        })
    }
}

impl Account {
    /// Asks STS whose account it is: one call.
    pub async fn identity(&self) -> Result<Identity, StackError> {
        let what = "cannot ask AWS whose account this is";
        let caller = self.sts.get_caller_identity().send().await;
        let caller = caller.map_err(|error| self.failed(what, "sts:GetCallerIdentity", &error))?;
        let (Some(account), Some(arn)) = (caller.account(), caller.arn()) else {
            return Err(StackError::Call {
                what: what.to_owned(),
                said: "STS did not say it".to_owned(),
                may_pass: false,
            });
        };
        let partition = arn.split(':').nth(1).unwrap_or("aws").to_owned();
        Ok(Identity { account: account.to_owned(), partition })
    }

    /// A key-value store of its CDN's.
    pub fn edge(&self, place: KnownWordsPlace) -> Edge {
        Edge::new(&self.settings, place, self.endpoint_url.as_deref())
    }

    /// Several of them.
    pub fn edges(&self, places: Vec<KnownWordsPlace>) -> Vec<Edge> {
        places.into_iter().map(|place| self.edge(place)).collect()
    }

    /// A call failed: `what` could not be done, for which one must be allowed `action`.
    pub fn failed<E>(&self, what: impl Display, action: &str, error: &SdkError<E, HttpResponse>) -> StackError
    where
        E: Error + ProvideErrorMetadata + 'static,
    {
        let at = self.endpoint_url.as_deref().unwrap_or(&self.region);
        StackError::call(format!("{what} ({at})"), action, error)
    }
}
