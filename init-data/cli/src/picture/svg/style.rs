/// Colours of channels, in turn: told apart in light and in dark, and with any sight.
pub(super) const CHANNELS: usize = 6;

/// Colours of keys, in turn.
pub(super) const KEYS: usize = 4;

/// How everything looks, in light and in dark. The card has a ground of its own, so it is read on any page.
pub(super) const STYLE: &str = "\
text{font:13px system-ui,sans-serif;fill:#1f2328}
.card{fill:#ffffff;stroke:#d0d7de}
.name{font-size:18px;font-weight:700}
.version,.key{font-family:ui-monospace,monospace;text-anchor:middle}
.version{font-size:14px;font-weight:600}
.key{font-size:10.5px}
.dim{fill:#59636e}
.box{fill:#f6f8fa;stroke:#818b98;stroke-width:1.5}
.gate .box{fill:#fff8c5;stroke:#9a6700;stroke-width:2.5}
.bar{fill:#d4a72c}
.stripe{fill:#4d2d00}
.end .box{fill:#ffebe9;stroke:#cf222e;stroke-width:2;stroke-dasharray:6 4}
.cross{stroke:#cf222e;stroke-width:2.5;stroke-linecap:round;fill:none}
.gone .box{fill:#eaeef2;stroke:#afb8c1}
.gone .version{fill:#59636e;text-decoration:line-through}
.barrier{fill:#7d4e00;font-weight:600}
.refused,.dead-end{fill:#cf222e}
.withdrawn{fill:#59636e}
.trust{fill:#0a3069}
.rule{stroke:#54aeff;stroke-width:1.5;stroke-dasharray:2 4;stroke-linecap:round}
.hop,.halo{fill:none;stroke-width:2.25;stroke-linecap:round}
.halo{stroke:#ffffff;stroke-width:5}
.flag text{fill:#ffffff;font-weight:600}
.c0{stroke:#0969da}.f0{fill:#0969da}
.c1{stroke:#8250df}.f1{fill:#8250df}
.c2{stroke:#1a7f37}.f2{fill:#1a7f37}
.c3{stroke:#bf3989}.f3{fill:#bf3989}
.c4{stroke:#0e7490}.f4{fill:#0e7490}
.c5{stroke:#57606a}.f5{fill:#57606a}
.k0{fill:#ddf4ff}.k1{fill:#fbefff}.k2{fill:#dafbe1}.k3{fill:#ffe8d6}
.band{stroke:#818b98}
@media(prefers-color-scheme:dark){
text{fill:#e6edf3}
.card{fill:#0d1117;stroke:#30363d}
.dim{fill:#9198a1}
.box{fill:#161b22;stroke:#6e7681}
.gate .box{fill:#2d2105;stroke:#d29922}
.bar{fill:#d29922}
.stripe{fill:#2d2105}
.end .box{fill:#2d1214;stroke:#f85149}
.cross{stroke:#f85149}
.gone .box{fill:#0d1117;stroke:#484f58}
.gone .version{fill:#9198a1}
.barrier{fill:#e3b341}
.refused,.dead-end{fill:#ff7b72}
.withdrawn{fill:#9198a1}
.trust{fill:#a5d6ff}
.rule{stroke:#1f6feb}
.halo{stroke:#0d1117}
.flag text{fill:#0d1117}
.c0{stroke:#58a6ff}.f0{fill:#58a6ff}
.c1{stroke:#bc8cff}.f1{fill:#bc8cff}
.c2{stroke:#56d364}.f2{fill:#56d364}
.c3{stroke:#ff9bce}.f3{fill:#ff9bce}
.c4{stroke:#39c5cf}.f4{fill:#39c5cf}
.c5{stroke:#b1bac4}.f5{fill:#b1bac4}
.k0{fill:#0c2d6b}.k1{fill:#3c1e70}.k2{fill:#033a16}.k3{fill:#5a1e02}
.band{stroke:#6e7681}
}
";
