vcl 4.1;
backend default {
    .host = "127.0.0.1";
    .port = "8080";
}

sub vcl_recv {
    # Readiness is for the operator: probes ask the metrics port.
    if (req.url ~ "^/readyz") {
        return (synth(404));
    }
}
