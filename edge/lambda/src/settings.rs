use std::fmt::Display;
use std::str::FromStr;

use aws::{AddressLifetime, BucketName, TableName};
use resolver::answer::Deployment;
use resolver::catalog::Tier;
use resolver::decide::{DEFAULT_RESTORE_DAYS, MAX_RESTORE_DAYS, Restores};
use resolver::words::UrlBase;
use service::MIN_CACHE_BYTES;
use tracing_subscriber::filter::Targets;

use crate::mode::InvokeMode;

/// Default size of the caches: one request at a time needs little, and the smallest function has 128 MB.
const DEFAULT_CACHE_BYTES: u64 = 32 << 20;

/// Settings from the environment.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) catalog: TableName,
    pub(crate) artifacts: BucketName,
    pub(crate) mode: InvokeMode,
    pub(crate) log: Targets,
    pub(crate) presign: Option<AddressLifetime>,
    pub(crate) sample: Sample,
    /// Base of URLs; `None` if the CDN reports with each request which host the device requested.
    pub(crate) url_base: Option<UrlBase>,
    /// Approximate limit of the memory for records and answers, in bytes.
    pub(crate) cache_bytes: u64,
    max_package_bytes: u64,
    restores: Option<Restores>,
}

/// Whether the table may contain items of the AWS sample's init script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sample {
    /// The table may contain them, so a table into which edgehop never published is read completely.
    Look,
    /// The table never contains them, which needs no permission to scan and saves a read at the start.
    Never,
}

/// Error for text that is not a value of this setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it takes look (whether the AWS sample's init script filled the table) or never")]
pub(crate) struct InvalidSample;

impl FromStr for Sample {
    type Err = InvalidSample;

    fn from_str(text: &str) -> Result<Self, InvalidSample> {
        match text {
            "look" => Ok(Sample::Look),
            "never" => Ok(Sample::Never),
            _ => Err(InvalidSample),
        }
    }
}

/// Error of a missing variable, or one with an invalid value.
#[derive(Debug, thiserror::Error)]
#[error("{name}{problem}: {takes}")]
pub(crate) struct InvalidSetting {
    name: &'static str,
    /// Text after the name: empty, or the invalid value.
    problem: String,
    takes: String,
}

impl Settings {
    /// Reads the settings; `get` looks up an environment variable.
    pub(crate) fn read(get: impl Fn(&str) -> Option<String>) -> Result<Settings, InvalidSetting> {
        let mode: InvokeMode = required(&get, "EDGEHOP_INVOKE_MODE", "it takes RESPONSE_STREAM or BUFFERED")?;
        let most = mode.max_body_bytes();
        let max_package_bytes = match get("EDGEHOP_MAX_PACKAGE_BYTES") {
            None => most,
            Some(text) => {
                let takes =
                    format!("it takes a number of bytes from 1 to {most}, which is what the invoke mode allows");
                let number = text.parse().ok().filter(|number| (1..=most).contains(number));
                number.ok_or_else(|| InvalidSetting::of("EDGEHOP_MAX_PACKAGE_BYTES", &text, takes))?
            }
        };
        let log = get("EDGEHOP_LOG").unwrap_or_else(|| "info".to_owned());
        let takes = "it takes error, warn, info, debug, or a filter such as info,hyper=debug";
        let filter = log.parse().map_err(|_| InvalidSetting::of("EDGEHOP_LOG", &log, takes.to_owned()))?;
        let days = match get("EDGEHOP_RESTORE_DAYS") {
            None => DEFAULT_RESTORE_DAYS,
            Some(text) => {
                let number = text.parse().ok().filter(|days| (1..=MAX_RESTORE_DAYS).contains(days));
                let takes = || format!("it takes a number of days from 1 to {MAX_RESTORE_DAYS}");
                number.ok_or_else(|| InvalidSetting::of("EDGEHOP_RESTORE_DAYS", &text, takes()))?
            }
        };
        let cache_bytes = match get("EDGEHOP_CACHE_BYTES") {
            None => DEFAULT_CACHE_BYTES,
            Some(text) => {
                let takes = || format!("it takes a number of bytes from {MIN_CACHE_BYTES}");
                let number = text.parse().ok().filter(|bytes| *bytes >= MIN_CACHE_BYTES);
                number.ok_or_else(|| InvalidSetting::of("EDGEHOP_CACHE_BYTES", &text, takes()))?
            }
        };
        let tier: Option<Tier> = optional(&get, "EDGEHOP_RESTORE_TIER")?;
        let restores = tier.map(|tier| Restores { tier, days });
        Ok(Settings {
            presign: optional(&get, "EDGEHOP_PRESIGN")?,
            catalog: required(&get, "EDGEHOP_CATALOG", "it takes dynamodb:TABLE")?,
            artifacts: required(&get, "EDGEHOP_ARTIFACTS", "it takes s3:BUCKET or s3:BUCKET/PREFIX")?,
            mode,
            log: filter,
            sample: optional(&get, "EDGEHOP_SAMPLE")?.unwrap_or(Sample::Look),
            url_base: optional(&get, "EDGEHOP_URL_BASE")?,
            cache_bytes,
            max_package_bytes,
            restores,
        })
    }

    /// Returns the settings of the deployment, with this base of URLs.
    pub(crate) fn deployment(&self, url_base: UrlBase) -> Deployment {
        Deployment {
            max_package_bytes: self.max_package_bytes,
            max_blob_bytes: self.mode.max_body_bytes(),
            restores: self.restores,
            ..Deployment::new(url_base)
        }
    }
}

impl InvalidSetting {
    fn of(name: &'static str, given: &str, takes: String) -> Self {
        InvalidSetting { name, problem: format!(" is {given:?}"), takes }
    }
}

fn required<T: FromStr<Err: Display>>(
    get: impl Fn(&str) -> Option<String>,
    name: &'static str,
    takes: &str,
) -> Result<T, InvalidSetting> {
    let missing = || InvalidSetting { name, problem: " is not set".to_owned(), takes: takes.to_owned() };
    let text = get(name).ok_or_else(missing)?;
    text.parse().map_err(|error: T::Err| InvalidSetting::of(name, &text, error.to_string()))
}

fn optional<T: FromStr<Err: Display>>(
    get: impl Fn(&str) -> Option<String>,
    name: &'static str,
) -> Result<Option<T>, InvalidSetting> {
    let Some(text) = get(name) else { return Ok(None) };
    text.parse().map(Some).map_err(|error: T::Err| InvalidSetting::of(name, &text, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: [(&str, &str); 4] = [
        ("EDGEHOP_CATALOG", "dynamodb:ota"),
        ("EDGEHOP_ARTIFACTS", "s3:ota/x"),
        ("EDGEHOP_URL_BASE", "https://ota.test/"),
        ("EDGEHOP_INVOKE_MODE", "BUFFERED"),
    ];

    fn read(changed: &str, value: Option<&str>) -> Result<Settings, InvalidSetting> {
        Settings::read(|name| {
            let good = GOOD.iter().find(|(good, _)| *good == name).map(|(_, value)| *value);
            if name == changed { value } else { good }.map(str::to_owned)
        })
    }

    fn deployment(settings: Settings) -> Deployment {
        settings.deployment("https://ota.test".parse().unwrap())
    }

    #[test]
    fn the_host_may_come_with_each_request_and_the_table_may_be_the_samples() {
        let given = read("", None).unwrap();
        assert_eq!((given.url_base, given.sample), (Some("https://ota.test".parse().unwrap()), Sample::Look));
        assert_eq!(read("EDGEHOP_URL_BASE", None).unwrap().url_base, None);
        assert_eq!(read("EDGEHOP_SAMPLE", Some("never")).unwrap().sample, Sample::Never);
    }

    #[test]
    fn caches_have_a_limit_that_may_be_another() {
        assert_eq!(read("", None).unwrap().cache_bytes, DEFAULT_CACHE_BYTES);
        assert_eq!(read("EDGEHOP_CACHE_BYTES", Some("8388608")).unwrap().cache_bytes, 8 << 20);
        for bad in ["0", "32M", "4194303"] {
            let error = read("EDGEHOP_CACHE_BYTES", Some(bad)).unwrap_err().to_string();
            assert!(
                error.contains(&format!("EDGEHOP_CACHE_BYTES is {bad:?}: it takes a number of bytes from 4194304"))
            );
        }
    }

    #[test]
    fn cold_storage_is_looked_at_only_where_it_is_said() {
        assert_eq!(deployment(read("", None).unwrap()).restores, None);
        let bulk = deployment(read("EDGEHOP_RESTORE_TIER", Some("bulk")).unwrap()).restores;
        assert_eq!(bulk, Some(Restores { tier: Tier::Bulk, days: DEFAULT_RESTORE_DAYS }));
        assert!(read("EDGEHOP_PRESIGN", Some("6h")).unwrap().presign.is_some());
        for (name, bad, takes) in [
            ("EDGEHOP_RESTORE_TIER", "fast", "it takes expedited, standard or bulk"),
            ("EDGEHOP_RESTORE_DAYS", "0", "it takes a number of days from 1 to 365"),
            ("EDGEHOP_PRESIGN", "1min", "it takes a time from 1h to 7days"),
            ("EDGEHOP_SAMPLE", "no", "it takes look (whether the AWS sample's init script filled the table) or never"),
        ] {
            let error = read(name, Some(bad)).unwrap_err().to_string();
            assert!(error.contains(&format!("{name} is {bad:?}: {takes}")), "{error}");
        }
    }

    #[test]
    fn limits_are_those_of_the_mode_unless_smaller() {
        let buffered = InvokeMode::Buffered.max_body_bytes();
        let limits = |settings: Settings| {
            let Deployment { max_package_bytes, max_blob_bytes, .. } = deployment(settings);
            (max_package_bytes, max_blob_bytes)
        };
        assert_eq!(limits(read("", None).unwrap()), (buffered, buffered));
        assert_eq!(limits(read("EDGEHOP_MAX_PACKAGE_BYTES", Some("1000")).unwrap()), (1000, buffered));
        let most = buffered.to_string();
        assert_eq!(limits(read("EDGEHOP_MAX_PACKAGE_BYTES", Some(&most)).unwrap()), (buffered, buffered));
        let streamed = InvokeMode::ResponseStream.max_body_bytes();
        assert_eq!(limits(read("EDGEHOP_INVOKE_MODE", Some("RESPONSE_STREAM")).unwrap()), (streamed, streamed));
        for bad in ["0", "-1", "1 MB", "", &(buffered + 1).to_string()] {
            let error = read("EDGEHOP_MAX_PACKAGE_BYTES", Some(bad)).unwrap_err().to_string();
            assert!(error.contains(&format!("EDGEHOP_MAX_PACKAGE_BYTES is {bad:?}: it takes")), "{error}");
            assert!(error.contains(&most), "{error}");
        }
    }
}
