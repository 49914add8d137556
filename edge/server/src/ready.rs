use std::net::SocketAddr;

use crate::settings::{Settings, own_base};

/// Says on standard output that devices are welcome, and how to try it. A script may wait for the first line.
pub(crate) fn announce(address: SocketAddr, metrics: SocketAddr, settings: &Settings) {
    let base = own_base(address);
    println!(
        "edgehop-server is ready on {base} (data in {}, metrics on http://{metrics}/metrics)",
        settings.data.display()
    );
    println!();
    println!("  # what is there for an armv8 device: a list");
    println!("  curl '{base}/package?cpuArch=armv8&payloadType=metadataOnly'");
    println!("  # the package for a gamer's armv8 device with a modem");
    println!(
        "  curl -o package.tar.gz '{base}/package?cpuArch=armv8&attrGamer=prod&attrCellular=prod' && tar tzf package.tar.gz"
    );
    println!("  # asked again: 304, nothing to do");
    println!("  curl --etag-save package.etag -o package.tar.gz '{base}/package?cpuArch=armv8' && \\");
    println!(
        "    curl --etag-compare package.etag -o package.tar.gz -w '%{{http_code}}\\n' '{base}/package?cpuArch=armv8'"
    );
    println!("  # one component, by its name");
    println!("  curl '{base}/package?ipModule=prod&installed=ipModule@5.6.30&payloadType=metadataOnly'");
}
