// Runs the CDN's viewer-request function in njs, the engine that CloudFront's runtime is modelled on. What stands before
// this text is the function itself, `events`, and `results`, a file.

function seen(event) {
    const fields = {};
    event.headers.forEach(pair => {
        const name = pair[0].toLowerCase(), value = pair[1];
        if (fields[name]) {
            fields[name].multiValue = (fields[name].multiValue || [{ value: fields[name].value }]).concat([{ value: value }]);
        } else {
            fields[name] = { value: value };
        }
    });
    const query = event.query === null ? undefined : event.query;
    return { method: event.method, uri: event.uri, querystring: {}, headers: fields, rawQueryString: () => query };
}

async function main() {
    const lines = [];
    for (let i = 0; i < events.length; i++) {
        const given = await handler({ request: seen(events[i]) });
        if (typeof given.querystring === 'object') given.querystring = '';
        lines.push(JSON.stringify(given));
    }
    require('fs').writeFileSync(results, lines.join('\n'));
}

main();
