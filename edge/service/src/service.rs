use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::Instant;

use futures_util::future::try_join_all;
use http::header::{HeaderValue, IF_NONE_MATCH};
use http::{Method, Request, Response};
use resolver::answer::{self, Answer, Blob, Content, Deployment};
use resolver::catalog::{Components, ObjectKey};
use resolver::decide::{decide, lookups};
use resolver::query::Query;
use resolver::route::{self, Route};
use resolver::words::{Sha256, Timestamp};
use store::{Artifacts, Catalog, Stat, StoreError};

use crate::body::Body;
use crate::catalog_cache::{CatalogCache, Reads};
use crate::known::Known;
use crate::objects::Objects;
use crate::observed::Observed;
use crate::package::package;

/// Answers requests from a catalog and an artifact store. One for a process; every request shares it.
pub struct Service<C, A> {
    catalog: CatalogCache<C>,
    objects: Arc<Objects<A>>,
    deployment: Deployment,
}

impl<C: Catalog, A: Artifacts> Service<C, A> {
    /// A service over these stores.
    pub fn new(catalog: C, artifacts: A, deployment: Deployment) -> Self {
        let objects = Arc::new(Objects { artifacts, known: Known::new() });
        Service { catalog: CatalogCache::new(catalog), objects, deployment }
    }

    /// Answers a request at a moment. The response carries an [`Observed`]; a request's body is not looked at.
    pub async fn answer<B>(&self, request: &Request<B>, now: Timestamp) -> Response<Body> {
        let route = Route::of(request.uri().path());
        let mut observed = Observed { route, ..Observed::default() };
        let answer = match route::refuse(request.method(), request.version(), request.headers()) {
            Some(refusal) => refusal,
            None => match route {
                Route::Package => self.package(request, now, &mut observed).await.varied(request.headers()),
                Route::Blob(name) => self.blob(name, request, &mut observed).await,
                Route::Health => self.health(&mut observed).await,
                Route::Hello => route::hello(),
                Route::Other => route::unknown(),
            },
        };
        self.respond(request.method(), answer, observed)
    }

    /// `/package`: request, canonical query, lookups, decision, plan.
    async fn package<B>(&self, request: &Request<B>, now: Timestamp, observed: &mut Observed) -> Answer {
        let raw = request.uri().query().unwrap_or_default();
        let tags = joined(request);
        let mut asked = match Query::parse(raw, tags.as_deref(), &self.deployment.ladder) {
            Ok(asked) => asked,
            Err(refused) => return answer::refused(&refused),
        };
        let started = Instant::now();
        let reads = Reads::default();
        let components = self.fetch(&asked.query, &reads).await;
        observed.store_time = started.elapsed();
        observed.cache_hits = reads.hits.into_inner();
        observed.cache_misses = reads.misses.into_inner();
        let components = match components {
            Ok(components) => components,
            Err(error) => return unavailable(&error),
        };
        let started = Instant::now();
        asked.query = asked.query.known_to_components(&components);
        observed.query = asked.query.canonical();
        let decision = decide(&asked.query, &components, now);
        let answer = answer::decided(
            &asked,
            &decision,
            &observed.query,
            request.method(),
            request.headers(),
            now,
            &self.deployment,
        );
        observed.decision_time = started.elapsed();
        answer
    }

    /// The components a query's decision depends on: two rounds of point reads at most, each all at once.
    async fn fetch(&self, query: &Query, reads: &Reads) -> Result<Components, StoreError> {
        let wanted = lookups(query);
        let lists = try_join_all(wanted.attributes.iter().map(|name| self.catalog.wanting(name, reads)));
        let named = try_join_all(wanted.components.iter().map(|key| self.catalog.component(key, reads)));
        let (lists, named) = futures_util::future::try_join(lists, named).await?;
        let mut components: Components =
            wanted.components.iter().cloned().zip(named).filter_map(|(key, found)| Some((key, found?))).collect();
        let mut more: Vec<_> =
            lists.iter().flat_map(|list| list.iter()).filter(|key| !wanted.components.contains(*key)).collect();
        more.sort_unstable();
        more.dedup();
        let found = try_join_all(more.iter().map(|key| self.catalog.component(key, reads))).await?;
        components.extend(more.into_iter().cloned().zip(found).filter_map(|(key, found)| Some((key, found?))));
        Ok(components)
    }

    /// `/blobs/<sha256>`: an artifact.
    async fn blob<B>(&self, sha256: Sha256, request: &Request<B>, observed: &mut Observed) -> Answer {
        let started = Instant::now();
        let stat = self.objects.artifacts.stat(&ObjectKey::Blob(sha256)).await;
        observed.store_time = started.elapsed();
        match stat {
            Ok(Some(Stat { size, md5 })) => {
                answer::blob(&Blob { sha256, md5, size }, request.method(), request.headers())
            }
            Ok(None) => route::unknown(),
            Err(error) => unavailable(&error),
        }
    }

    /// `/healthz`: 200 if the catalog can be read.
    async fn health(&self, observed: &mut Observed) -> Answer {
        let started = Instant::now();
        let read = self.catalog.probe().await;
        observed.store_time = started.elapsed();
        match read {
            Ok(()) => route::healthy(),
            Err(error) => unavailable(&error),
        }
    }

    fn respond(&self, method: &Method, answer: Answer, observed: Observed) -> Response<Body> {
        let objects = Arc::clone(&self.objects);
        let body = match answer.content {
            _ if method == Method::HEAD => Body::empty(),
            Content::Empty => Body::empty(),
            Content::Bytes(bytes) => Body::from(bytes),
            Content::Package { plan, range } => {
                let length = range.end - range.start;
                Body::stream(length, package(objects, plan, range))
            }
            Content::Object { object, size, range } => {
                let whole = range == (0..size);
                Body::stream(range.end - range.start, objects.read(object, range, whole))
            }
        };
        let mut response = Response::new(body);
        *response.status_mut() = answer.status;
        *response.headers_mut() = answer.headers;
        response.extensions_mut().insert(observed);
        response
    }
}

/// The public text says when to come back; the cause goes to the log, once.
fn unavailable(error: &StoreError) -> Answer {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::error!(%error, cause, "cannot answer");
    answer::unavailable(RandomState::new().hash_one(()))
}

/// Every `If-None-Match` as one list (RFC 9110 section 5.3).
fn joined<B>(request: &Request<B>) -> Option<Vec<u8>> {
    let values: Vec<&[u8]> = request.headers().get_all(IF_NONE_MATCH).iter().map(HeaderValue::as_bytes).collect();
    (!values.is_empty()).then(|| values.join(&b','))
}
