use aws::{AwsArtifacts, AwsCatalog, Clients};
use service::Service;
use store::StoreError;
use tokio::sync::OnceCell;

use crate::settings::Settings;

/// The service over the table and the bucket, opened when they first can be.
pub(crate) struct Stores {
    clients: Clients,
    settings: Settings,
    service: OnceCell<Service<AwsCatalog, AwsArtifacts>>,
}

impl Stores {
    pub(crate) fn new(clients: Clients, settings: Settings) -> Stores {
        Stores { clients, settings, service: OnceCell::new() }
    }

    /// The service; an error as long as nobody can say whose table it is.
    pub(crate) async fn service(&self) -> Result<&Service<AwsCatalog, AwsArtifacts>, StoreError> {
        self.service.get_or_try_init(|| self.open()).await
    }

    async fn open(&self) -> Result<Service<AwsCatalog, AwsArtifacts>, StoreError> {
        let Settings { catalog, artifacts, presign, deployment, .. } = &self.settings;
        let (catalog, artifacts) = aws::open(&self.clients, catalog, artifacts, *presign).await?;
        Ok(Service::new(catalog, artifacts, deployment.clone()))
    }
}
