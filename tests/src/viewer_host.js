// Runs the CDN's viewer-request function under Node, as committed. Both of the modules that it asks for are stood in for.
//
//   node viewer_host.js FUNCTION filter [WORDS]                  events in, what the function returns out, a JSON a line
//   node viewer_host.js FUNCTION serve UPSTREAM_PORT [WORDS]     an HTTP server on 127.0.0.1 that forwards to the port
//
// WORDS is a JSON file with the entries of the key-value store; without it no store is associated with the function.
// The process ends when its standard input does.
'use strict';

const crypto = require('crypto');
const fs = require('fs');
const http = require('http');

const [source, mode, ...rest] = process.argv.slice(2);
const port = mode === 'serve' ? Number(rest.shift()) : 0;
const entries = rest.length > 0 ? JSON.parse(fs.readFileSync(rest[0], 'utf8')) : null;
const handler = load(fs.readFileSync(source, 'utf8'));
if (mode === 'serve') serve(); else filter();

function load(text) {
    const store = {
        async get(key) {
            if (!Object.hasOwn(entries, key)) throw new Error('KeyNotFound');
            return entries[key];
        },
    };
    const kvs = () => {
        if (!entries) throw new Error('no key-value store is associated with this function');
        return store;
    };
    const modules = { crypto, cloudfront: { kvs } };
    const body = text.replace(/^import (\w+) from '(\w+)';$/gm, "const $1 = require('$2');");
    const handler = new Function('require', `'use strict'; ${body}\nreturn handler;`)(name => modules[name]);
    return async event => {
        const given = await handler(event);
        // The CDN takes nothing but a request or an answer.
        if (given !== event.request && !Number.isInteger(given.statusCode)) throw given;
        return given;
    };
}

// A request as the function sees it: `headers` are pairs of name and value in their order, `query` is null without a `?`.
function event(method, uri, query, headers) {
    const fields = {};
    for (const [spelled, value] of headers) {
        const name = spelled.toLowerCase();
        if (!fields[name]) {
            fields[name] = { value };
        } else {
            fields[name].multiValue = fields[name].multiValue || [{ value: fields[name].value }];
            fields[name].multiValue.push({ value });
        }
    }
    const rawQueryString = () => (query === null ? undefined : query);
    const request = { method, uri, querystring: {}, headers: fields, cookies: {}, rawQueryString };
    return { version: '1.0', context: { eventType: 'viewer-request' }, viewer: { ip: '127.0.0.1' }, request };
}

function spelled(querystring) {
    if (typeof querystring === 'string') return querystring;
    return Object.entries(querystring).map(([key, { value }]) => `${key}=${value}`).join('&');
}

async function filter() {
    let rest = '';
    process.stdin.setEncoding('utf8');
    for await (const chunk of process.stdin) {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop();
        let output = '';
        for (const line of lines) {
            const { method, uri, query, headers } = JSON.parse(line);
            const given = await handler(event(method, uri, query, headers));
            if (!given.statusCode) given.querystring = spelled(given.querystring);
            output += JSON.stringify(given) + '\n';
        }
        if (!process.stdout.write(output)) await new Promise(resolve => process.stdout.once('drain', resolve));
    }
}

// Node reads bytes of a head as Latin-1; the CDN hands them over as UTF-8.
const read = text => Buffer.from(text, 'latin1').toString('utf8');
const written = text => Buffer.from(text, 'utf8').toString('latin1');

function serve() {
    // A connection that is kept may be closed by the upstream just when it is used again: that would be a 502 of ours.
    const agent = new http.Agent({ keepAlive: false });
    const server = http.createServer(async (request, response) => {
        request.resume();
        try {
            const at = (request.url + '?').indexOf('?');
            const query = at < request.url.length ? read(request.url.slice(at + 1)) : null;
            const headers = pairs(request.rawHeaders).map(([name, value]) => [name, read(value)]);
            const given = await handler(event(request.method, read(request.url.slice(0, at)), query, headers));
            if (given.statusCode) respond(given, response); else forward(given, agent, request, response);
        } catch (error) {
            // What the CDN answers for a function that fails.
            respond({ statusCode: 503, headers: {}, body: `${error.stack}\n` }, response);
        }
    });
    server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`));
    process.stdin.on('end', () => process.exit()).resume();
}

function pairs(raw) {
    return raw.flatMap((_, index) => (index % 2 ? [] : [[raw[index], raw[index + 1]]]));
}

function respond(given, response) {
    const headers = Object.entries(given.headers).map(([name, { value }]) => [name, value]);
    const body = Buffer.from(given.body || '');
    response.writeHead(given.statusCode, [...headers, ['content-length', body.length]].flat());
    response.end(body);
}

// Ends a transfer the way in which the upstream ended it.
function forward(given, agent, request, response) {
    const query = spelled(given.querystring);
    const headers = Object.entries(given.headers)
        .filter(([name]) => name !== 'connection')
        .flatMap(([name, field]) => (field.multiValue || [field]).map(({ value }) => [name, written(value)]));
    const path = written(given.uri + (query && '?' + query));
    const upstream = http.request({ host: '127.0.0.1', port, method: given.method, path, headers: headers.flat(), agent });
    upstream.on('response', answer => {
        const kept = pairs(answer.rawHeaders).filter(([name]) => !/^(connection|keep-alive|transfer-encoding)$/i.test(name));
        response.writeHead(answer.statusCode, kept.flat());
        answer.on('aborted', () => response.destroy());
        answer.pipe(response);
    });
    upstream.on('error', error => {
        if (response.headersSent) response.destroy();
        else respond({ statusCode: 502, headers: {}, body: `${error.message}\n` }, response);
    });
    response.on('close', () => upstream.destroy());
    upstream.end();
}
