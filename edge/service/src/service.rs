use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join;
use http::{Method, Request, Response};
use resolver::answer::{self, ADDRESS_MARGIN_SECONDS, Answer, AnswerContext, Blob, Content, Deployment};
use resolver::catalog::ObjectKey;
use resolver::decide::{Decision, Lookups, Restores, decide, lookups};
use resolver::manifest::Addresses;
use resolver::query::Query;
use resolver::route::{self, Route};
use resolver::words::{Sha256, Timestamp};
use store::{Artifacts, Catalog, Stat, StoreError};

use crate::answer_cache::{AnswerCache, CachedAnswer, RequestKey, if_none_match, suits};
use crate::body::Body;
use crate::catalog_cache::{CatalogCache, Fetched, Reads};
use crate::cold::ColdStorage;
use crate::object_facts::ObjectFacts;
use crate::objects::Objects;
use crate::observed::Observed;
use crate::package::package;
use crate::readiness::Readiness;
use crate::respond::{respond, response, seed, unavailable};

/// Default of the approximate limit of all caches of a process, in bytes.
pub const DEFAULT_CACHE_BYTES: u64 = 64 << 20;

/// Least memory for the caches, in bytes: the caches about objects always take half of it.
pub const MIN_CACHE_BYTES: u64 = 4 << 20;

/// HTTP service over a catalog and an artifact store, shared by all requests of a process.
pub struct Service<C, A> {
    catalog: CatalogCache<C>,
    objects: Arc<Objects<A>>,
    cold: ColdStorage<A>,
    answers: AnswerCache,
    readiness: Readiness,
    deployment: Deployment,
}

impl<C: Catalog, A: Artifacts> Service<C, A> {
    /// Creates a service over these stores.
    pub fn new(catalog: C, artifacts: A, deployment: Deployment) -> Self {
        let objects = Arc::new(Objects { artifacts, facts: ObjectFacts::new() });
        let cold = ColdStorage::new(Arc::clone(&objects), deployment.restores);
        let (catalog, answers) = caches(catalog, DEFAULT_CACHE_BYTES);
        let readiness = Readiness::default();
        Service { catalog, objects, cold, answers, readiness, deployment }
    }

    /// Sets the approximate limit of the service's caches, in bytes, in place of [`DEFAULT_CACHE_BYTES`].
    pub fn with_cache_bytes(self, bytes: u64) -> Self {
        let stale = self.catalog.stale;
        let (catalog, answers) = caches(self.catalog.into_store(), bytes);
        Service { catalog, answers, ..self }.with_stale(stale)
    }

    /// Sets the time for which stale records are used while the catalog fails, in place of [`STALE`](crate::STALE).
    pub fn with_stale(mut self, stale: Duration) -> Self {
        self.catalog.stale = stale;
        self
    }

    /// Answers a request. The response carries an [`Observed`]; a request's body is ignored.
    pub async fn answer<B>(&self, request: &Request<B>, now: Timestamp) -> Response<Body> {
        let route = Route::of(request.uri().path());
        let mut observed = Observed { route, ..Observed::default() };
        let answer = match route::early_answer(request.method(), request.version(), request.headers()) {
            Some(refusal) => refusal,
            None => match route {
                Route::Package => self.package(request, now, &mut observed).await.varied(request.headers()),
                Route::Blob(name) => self.blob(name, request, now, &mut observed).await,
                Route::Signature(artifact) => self.signature(artifact, &mut observed).await,
                Route::Health => self.health(&mut observed).await,
                Route::Ready => self.readiness.answer(&self.catalog, &self.objects.artifacts).await,
                Route::Hello => route::hello(),
                Route::Other => route::unknown(),
            },
        };
        self.respond(request, answer, observed).await
    }

    /// Answers `/package`: request, canonical query, lookups, decision, plan.
    async fn package<B>(&self, request: &Request<B>, now: Timestamp, observed: &mut Observed) -> Answer {
        let key = RequestKey::of(request);
        let cached = key.as_ref().and_then(|key| self.answers.get(key));
        if let Some(cached) = cached.filter(|cached| suits(&cached.answer, request))
            && let Some(hits) = self.catalog.unchanged(&cached.origin)
            && self.cold.is_ready(&cached.objects, observed).await
        {
            observed.cache_hits += hits;
            observed.query.clone_from(&cached.canonical);
            return cached.answer.clone();
        }
        let raw = request.uri().query().unwrap_or_default();
        let tags = if_none_match(request.headers());
        let mut asked = match Query::parse(raw, tags.as_deref(), &self.deployment.ladder) {
            Ok(asked) => asked,
            Err(refused) => return answer::bad_query(&refused),
        };
        let lookups = lookups(&asked.query);
        let Fetched { components, origin } = match self.fetch(&lookups, observed).await {
            Ok(records) => records,
            Err(error) => return unavailable(&error),
        };
        let (started, waited) = (Instant::now(), observed.store_time);
        asked.query = match asked.query.restrict_to_components(&components) {
            Ok(query) => query,
            Err(refused) => return answer::bad_query(&refused),
        };
        let canonical = asked.query.canonical();
        let decision = decide(&asked.query, &components, now);
        // A request that waits for a store keeps no records in memory.
        drop(components);
        let (addresses, decision) = match self.addresses(decision, now).await {
            Ok(addressed) => addressed,
            Err(error) => return unavailable(&error),
        };
        let delivers = |decision: &Decision| answer::reads(&asked, decision, &addresses, &self.deployment);
        let (objects, decision) = self.cold.withhold(delivers, decision, &canonical, now, observed).await;
        let around = AnswerContext {
            method: request.method(),
            headers: request.headers(),
            now,
            seed: seed(),
            addresses: &addresses,
            deployment: &self.deployment,
        };
        let answer = answer::decided(&asked, &decision, &canonical, around);
        observed.decision_time = started.elapsed().saturating_sub(observed.store_time - waited);
        observed.query.clone_from(&canonical);
        if let Some(key) = key.filter(|_| decision.changes_at.is_none() && suits(&answer, request)) {
            self.answers.keep(key, CachedAnswer { origin, canonical, objects, answer: answer.clone() });
        }
        answer
    }

    /// Returns presigned URLs, if the artifact store creates them, and the decision limited to their lifetime.
    async fn addresses(&self, decision: Decision, now: Timestamp) -> Result<(Addresses, Decision), StoreError> {
        let (mut addresses, mut ends) = (Addresses::new(), None);
        for release in decision.entries.iter().filter_map(|entry| entry.outcome.release()) {
            let sha256 = release.artifact.sha256;
            let Some(address) = self.objects.artifacts.address(&ObjectKey::Blob(sha256), now).await? else { break };
            ends = ends.into_iter().chain([address.until]).min();
            addresses.insert(sha256, address.url);
        }
        let decision = match ends {
            Some(Timestamp(until)) => decision.until(Timestamp(until.saturating_sub(ADDRESS_MARGIN_SECONDS))),
            None => decision,
        };
        Ok((addresses, decision))
    }

    /// Fetches the components that a decision depends on.
    async fn fetch(&self, wanted: &Lookups, observed: &mut Observed) -> Result<Fetched, StoreError> {
        let (started, reads) = (Instant::now(), Reads::default());
        let fetched = self.catalog.fetch(wanted, &reads).await;
        observed.store_time += started.elapsed();
        observed.cache_hits += reads.hits.into_inner();
        observed.cache_misses += reads.misses.into_inner();
        fetched
    }

    /// Answers `/blobs/<sha256>` with an artifact.
    async fn blob<B>(&self, sha256: Sha256, request: &Request<B>, now: Timestamp, observed: &mut Observed) -> Answer {
        let (started, object) = (Instant::now(), ObjectKey::Blob(sha256));
        let (stat, state) = join(self.objects.artifacts.stat(&object), self.cold.state_of(object)).await;
        observed.store_time = started.elapsed();
        let wait = |restores: Restores| restores.wait(state, &object, "", now);
        match (stat, self.deployment.restores.and_then(wait)) {
            (Ok(Some(_)), Some(wait)) => {
                observed.waiting = true;
                answer::in_cold_storage(wait.seconds, seed())
            }
            (Ok(Some(Stat { size, md5 })), None) => {
                answer::blob(&Blob { sha256, md5, size }, request.method(), request.headers(), &self.deployment)
            }
            (Ok(None), _) => route::unknown(),
            (Err(error), _) => unavailable(&error),
        }
    }

    /// Answers `/blobs/<sha256>.minisig` with an artifact's signature.
    async fn signature(&self, artifact: Sha256, observed: &mut Observed) -> Answer {
        let started = Instant::now();
        let minisig = self.objects.artifacts.signature(&artifact).await;
        observed.store_time = started.elapsed();
        match minisig {
            Ok(Some(minisig)) => answer::signature(minisig),
            Ok(None) => route::unknown(),
            Err(error) => unavailable(&error),
        }
    }

    /// Answers `/healthz` with 200 if the catalog can be read.
    async fn health(&self, observed: &mut Observed) -> Answer {
        let started = Instant::now();
        let read = self.catalog.probe().await;
        observed.store_time = started.elapsed();
        match read {
            Ok(()) => route::healthy(),
            Err(error) => unavailable(&error),
        }
    }

    async fn respond<B>(&self, request: &Request<B>, answer: Answer, mut observed: Observed) -> Response<Body> {
        let body = match answer.content.clone() {
            _ if request.method() == Method::HEAD => Ok(Body::empty()),
            Content::Bytes(bytes) => Ok(Body::from(bytes)),
            content => {
                let started = Instant::now();
                let body = self.body(content).first_piece().await;
                observed.store_time += started.elapsed();
                body
            }
        };
        let mut response = match body {
            Ok(body) => response(answer, body),
            Err(error) => {
                if matches!(error, StoreError::Cold(_)) {
                    self.cold.forget();
                }
                respond(unavailable(&error).varied(request.headers()))
            }
        };
        response.extensions_mut().insert(observed);
        response
    }

    fn body(&self, content: Content) -> Body {
        let objects = Arc::clone(&self.objects);
        match content {
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
        }
    }
}

/// Creates the caches of records and answers, which share the memory that the caches about objects leave.
fn caches<C: Catalog>(catalog: C, bytes: u64) -> (CatalogCache<C>, AnswerCache) {
    let left = bytes.max(MIN_CACHE_BYTES) - MIN_CACHE_BYTES / 2;
    (CatalogCache::new(catalog, left / 3 * 2), AnswerCache::new(left / 3))
}
