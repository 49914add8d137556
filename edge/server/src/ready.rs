use std::net::SocketAddr;

use resolver::words::{line_fit_to_show, path_fit_to_show};

use crate::data::Contents;
use crate::settings::{Settings, own_base};

/// Announces on standard output that the server is ready, and commands to try. A script may wait for the first line; an
/// empty line ends the text.
pub(crate) fn announce(address: SocketAddr, metrics: SocketAddr, settings: &Settings, contents: &Contents) {
    let base = own_base(address);
    let (data, option) = match (&settings.catalog, &settings.artifacts) {
        (Some(catalog), Some(artifacts)) => {
            let (catalog, artifacts) = (catalog.to_string(), artifacts.to_string());
            let (catalog, artifacts) = (line_fit_to_show(&catalog), line_fit_to_show(&artifacts));
            (format!("{catalog} and {artifacts}"), format!("--catalog '{catalog}' --artifacts '{artifacts}'"))
        }
        _ => {
            let data = path_fit_to_show(&settings.data);
            (data.clone(), format!("--data '{data}'"))
        }
    };
    let mut text =
        format!("edgehop-server is ready on {base} (data in {data}, metrics on http://{metrics}/metrics)\n\n");
    if settings.has_loopback_urls(address) {
        text += &format!("  ## WARNING: {}\n", loopback_warning(address));
    }
    text += &match contents {
        Contents::Nothing => format!(
            "  # nothing is published: devices are answered 404. The first release, and the channel that devices ask for
  edgehop publish COMPONENT VERSION FILE --channel prod {option}
"
        ),
        Contents::Own(None) => String::new(),
        Contents::Own(Some((component, channel))) => format!(
            "  # what is there for a device that asks for {component}: a list
  curl '{base}/package?{component}={channel}&payloadType=metadataOnly'
"
        ),
        Contents::Sample => format!(
            "  ## this is sample data, made-up bytes that no device must install; this takes it out of the catalog:
  ## edgehop sample --remove {option}
  # what is there for an armv8 device: a list
  curl '{base}/package?cpuArch=armv8&payloadType=metadataOnly'
  # the package for a gamer's armv8 device with a modem
  curl -o package.tar.gz '{base}/package?cpuArch=armv8&attrGamer=prod&attrCellular=prod' && tar tzf package.tar.gz
  # asked again: 304, nothing to do
  curl --etag-save package.etag -o package.tar.gz '{base}/package?cpuArch=armv8' && \\
    curl --etag-compare package.etag -o package.tar.gz -w '%{{http_code}}\\n' '{base}/package?cpuArch=armv8'
  # one component, by its name
  curl '{base}/package?ipModule=prod&installed=ipModule@5.6.30&payloadType=metadataOnly'
"
        ),
    };
    // A reader may have closed the pipe after the first line, which does not concern devices.
    let _ = terminal::say(&(text + "\n"));
}

/// Returns the warning of a server that listens for other machines but sends URLs with a loopback address.
pub(crate) fn loopback_warning(address: SocketAddr) -> String {
    format!(
        "manifests send every device to {}, which is the device itself: say where devices reach this server, such as \
         --url-base http://ota.example.com:{}",
        own_base(address),
        address.port()
    )
}
