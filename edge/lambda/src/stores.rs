use std::sync::Arc;

use aws::{AwsArtifacts, AwsCatalog, Clients, DynamoCatalog};
use http::HeaderMap;
use resolver::words::UrlBase;
use service::Service;
use store::{Either, StoreError};
use tokio::sync::{Mutex, OnceCell};

use crate::host::{self, NoHost};
use crate::settings::{Sample, Settings};

/// Service with a table and a bucket.
pub(crate) type AwsService = Service<AwsCatalog, AwsArtifacts>;

/// Table and bucket, opened at the first success, and the service that uses them.
pub(crate) struct Stores {
    clients: Clients,
    settings: Settings,
    opened: OnceCell<(AwsCatalog, AwsArtifacts)>,
    /// Service for the host that was requested last. A CDN usually has one; a change of hosts empties the caches.
    service: Mutex<Option<(UrlBase, Arc<AwsService>)>>,
}

impl Stores {
    pub(crate) fn new(clients: Clients, settings: Settings) -> Stores {
        Stores { clients, settings, opened: OnceCell::new(), service: Mutex::new(None) }
    }

    /// Opens table and bucket. Fails until the table's adoption state can be read.
    pub(crate) async fn open(&self) -> Result<&(AwsCatalog, AwsArtifacts), StoreError> {
        self.opened.get_or_try_init(|| self.look()).await
    }

    /// Returns the base of URLs: the operator's setting, else the host that the CDN reports.
    pub(crate) fn url_base(&self, headers: &HeaderMap) -> Result<UrlBase, NoHost> {
        self.settings.url_base.clone().map_or_else(|| host::url_base(headers), Ok)
    }

    /// Returns the service with this base of URLs.
    pub(crate) async fn service(&self, url_base: UrlBase) -> Result<Arc<AwsService>, StoreError> {
        let (catalog, artifacts) = self.open().await?;
        let mut service = self.service.lock().await;
        if let Some((base, service)) = &*service
            && *base == url_base
        {
            return Ok(Arc::clone(service));
        }
        let deployment = self.settings.deployment(url_base.clone());
        let new = Arc::new(
            Service::new(catalog.clone(), artifacts.clone(), deployment).with_cache_bytes(self.settings.cache_bytes),
        );
        *service = Some((url_base, Arc::clone(&new)));
        Ok(new)
    }

    async fn look(&self) -> Result<(AwsCatalog, AwsArtifacts), StoreError> {
        let Settings { catalog, artifacts, presign, sample, .. } = &self.settings;
        if *sample == Sample::Look {
            return aws::open(&self.clients, catalog, artifacts, *presign).await;
        }
        let mut bucket = aws::open_bucket(&self.clients, artifacts);
        if let Some(lifetime) = presign {
            bucket = bucket.with_addresses(lifetime.duration());
        }
        let table = DynamoCatalog::new(self.clients.dynamodb.clone(), catalog.as_str());
        Ok((Either::Left(table), Either::Left(bucket)))
    }
}
