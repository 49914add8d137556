// The CDN's viewer-request function: one spelling for each question, before the cache key is made.
//
// resolver/src/query/mod.rs has the rules, with a picture. The origin applies them again; tests/viewer_request holds the
// two to each other: change a rule in both or neither.
//
// CloudFront Functions, runtime 2.0: ES 5.1 with const, let, arrow and async functions; under 10,240 bytes, which lines
// of comment do not count for: the template has the function without them.

import cf from 'cloudfront';
const crypto = require('crypto');

// Limits: resolver/src/query/limits.rs.
const MAX = { query: 4096, parameters: 128, key: 64, digests: 64, installed: 64, ifNoneMatch: 5120 };
const LADDER = [1, 10, 25, 100]; // percent: the origin's default

const RESERVED = /^(cpuarch|os|installed|have|device|cohort|ring|delta|payloadtype)$/;
const DEFAULTS = { os: 'prod', ring: 'general', payloadtype: 'fullpayload' };
const TAKES = '1 to 64 letters, digits and . _ -';
const METHODS = 'GET, HEAD, OPTIONS';
const keys = Object.keys;
const empty = () => Object.create(null);
const lower = text => text.replace(/[A-Z]+/g, some => some.toLowerCase());

async function handler(event) {
	const request = event.request, headers = request.headers, path = request.uri;
	// The host that the origin puts into URLs, whatever a device said here.
	headers['edgehop-host'] = headers.host;
	try {
		if (!/^(GET|HEAD|OPTIONS)$/.test(request.method)) fail(405, request.method + ': every resource here takes ' + METHODS);
		if (request.method === 'OPTIONS') answer(200, 'text/plain; charset=utf-8', 'no-store', METHODS);
		const raw = request.rawQueryString() || '';
		if (!/^\/(package|swupdate|report|healthz|blobs\/[0-9A-Fa-f]{64}(\.minisig)?)$/.test(path)) {
			fail(404, 'there is /package, /blobs/<sha256 of an artifact>, the same with .minisig, and /healthz');
		}
		if (/^.(package|swupdate)$/.test(path)) {
			const field = headers['if-none-match'] || { multiValue: [] };
			const fields = (field.multiValue || [field]).map(one => one.value);
			const asked = understand(raw, fields.join());
			const unknown = await unknownOf(asked);
			request.querystring = spell(asked, unknown);
			// The condition stays one: a list that says "nothing to install" has this tag, and becomes 304.
			if (asked.moved && !asked.tags[0]) asked.tags.push('W/"current"');
			delete headers['if-none-match'];
			if (asked.tags[0]) headers['if-none-match'] = { value: asked.tags.join(', ') };
		} else if (path === '/report') {
			// Its query is not settled yet, but a device's name goes no further in it.
			request.querystring = raw.split('&').filter(pair => lower(decode(pair.split('=')[0], 'query')) !== 'device').join('&');
		} else {
			request.uri = path.toLowerCase();
			request.querystring = {};
		}
		return request;
	} catch (given) {
		return given;
	}
}

// Answers as resolver/src/answer/plain.rs would.
function answer(status, type, lifetime, text) {
	const headers = { 'content-type': { value: type }, 'cache-control': { value: lifetime } };
	if (status === 200 || status === 405) headers.allow = { value: METHODS };
	throw { statusCode: status, headers: headers, body: text + '\n' };
}

function fail(status, message) {
	answer(status, 'application/json', 'max-age=5', JSON.stringify({ error: message }));
}

function bad(input, takes) {
	fail(400, shown(input) + ': ' + takes);
}

const shown = text => text.replace(/[^ -~]+/g, '?').slice(0, MAX.key);

function most(input, limit, tooMany, of, status) {
	if (tooMany) fail(status || 400, input + ': it takes ' + limit + ' ' + of + ' at most');
}

// Most texts are short enough to be within a limit however they are encoded.
const over = (text, limit) => text.length * 3 > limit && encodeURIComponent(text).replace(/%../g, '.').length > limit;

// What is asked. Mistakes are found in the origin's order.
function understand(raw, header) {
	const given = parameters(raw), pairs = {};
	// pairs: the query so far; words: its keys that no catalog might know
	const asked = { pairs: pairs, words: [], installed: empty(), have: {}, tags: [] };
	keys(given).sort().forEach(key => RESERVED.test(key) || add(asked, key, given[key]));
	pairs.os = word(given.os);
	pairs.cpuarch = one(given.cpuarch, /^[a-z0-9_-]{0,45}$/, '1 to 45 letters, digits, _ and -');
	if (!pairs.cpuarch) delete pairs.os;
	if (!pairs.cpuarch && !asked.words.some(isComponent)) {
		bad('Missing cpuArch query param', 'give cpuArch=<architecture>, or name a component as <component>=<channel>');
	}
	pairs.payloadtype = one(given.payloadtype, /^(fullpayload|metadataonly)$/, 'fullPayload or metadataOnly',
		'Invalid payloadType param');
	if (given.installed) readInstalled(asked, given.installed);
	const device = one(given.device, /^[a-z0-9._:@+\/= -]{0,128}$/, 'up to 128 letters, digits and . _ : @ + / = -');
	const cohort = one(given.cohort, /^[0-9]{1,3}$/, 'a number from 0 to 999');
	if (cohort || device) pairs.cohort = '' + (cohort ? Math.min(+cohort, LADDER.length - 1) : cohortOf(device));
	pairs.ring = one(given.ring, /^(canary|early|general|hold)$/, 'canary, early, general or hold');
	readDigests(asked, given.have, header);
	pairs.delta = one(given.delta, /^zstd$/, 'zstd');
	return asked;
}

// By lower-cased key; the first of two wins.
function parameters(raw) {
	most('query', MAX.query, over(raw, MAX.query), 'bytes', 414);
	const found = empty();
	raw.split('&').filter(Boolean).forEach((pair, index) => {
		most('query', MAX.parameters, index >= MAX.parameters, 'parameters');
		const at = (pair + '=').indexOf('='), key = decode(pair.slice(0, at), 'parameter ' + (index + 1));
		// A space may be there: no name has one, so such a key is left out later.
		if (!/^[A-Za-z0-9._ -]{1,64}$/.test(key)) bad(key || '(empty key)', 'a key takes ' + TAKES);
		const value = decode(pair.slice(at + 1), key), name = lower(key);
		found[name] = found[name] || { key: key, value: value };
	});
	return found;
}

function decode(text, input) {
	if (!/[+%\n\r]/.test(text)) return text;
	try {
		// In some engines $ matches before a last line break.
		return decodeURIComponent(text.replace(/\+/g, ' ')).replace(/[\n\r]/g, '\0');
	} catch (_) {
		bad(input, 'it takes UTF-8, and two hexadecimal digits after a %');
	}
}

// An attribute, a fact, a component, or what nothing can be called.
function add(asked, key, given) {
	const value = word(given);
	if (key === 'attr') bad(given.key, 'an attribute takes a name: attr<Name>=<channel>');
	if (!isComponent(key) && !/^(attr[a-z0-9._-]|[a-z0-9_-]+\.[a-z0-9._-])[a-z0-9._-]*$/.test(key)) return;
	asked.pairs[key] = value;
	asked.words.push(key);
}

const isComponent = name => /^(?!attr)[a-z0-9][a-z0-9_-]{0,47}$/.test(name) && !RESERVED.test(name);

const word = given => one(given, /^[a-z0-9._-]{1,64}$/, TAKES);

// A value in lower case, if there is one; it must be among those that its key takes.
function one(given, among, takes, invalid) {
	if (!given) return '';
	const value = lower(given.value);
	if (!among.test(value)) bad(invalid || given.key, 'it takes ' + takes);
	return value;
}

function readInstalled(asked, given) {
	given.value.split(',').map(trim).filter(Boolean).forEach((entry, i) => {
		const at = entry.indexOf('@');
		let name = lower(entry.slice(0, at));
		if (name === 'os' && asked.pairs.cpuarch) name = 'os_' + asked.pairs.cpuarch;
		if (!isComponent(name) || !/^@[A-Za-z0-9][A-Za-z0-9._+~:-]{0,47}$/.test(entry.slice(at))) {
			bad(given.key, 'entry ' + ++i + ' is not <component>@<version>; os takes a cpuArch, a + is written %2B');
		}
		asked.installed[name] = asked.installed[name] || entry.slice(at);
	});
	most(given.key, MAX.installed, keys(asked.installed).length > MAX.installed, 'components');
}

// Digests of `have` and of If-None-Match, whose other tags stay there.
function readDigests(asked, have, header) {
	if (have) listed(have.value).forEach(member => {
		if (!member.digest) bad(have.key, 'it takes MD5 digests of 32 hexadecimal digits, with commas');
		asked.have[member.digest] = true;
	});
	most('If-None-Match', MAX.ifNoneMatch, over(header, MAX.ifNoneMatch), 'bytes', 431);
	listed(header).forEach(member => {
		if (member.digest) asked.have[member.digest] = asked.moved = true;
		if (member.tag) asked.tags.push(member.tag);
	});
	most(asked.moved ? 'If-None-Match' : 'have', MAX.digests, keys(asked.have).length > MAX.digests, 'digests');
}

// The members of a list: digests in whatever dress, tags, and neither. A comma in quotes parts nothing. Many digests are
// mostly bare ones: they are told by a glance, for the function has less than a millisecond.
function listed(text) {
	const members = text.indexOf('"') < 0 ? text.split(',') : text.match(/([^",]+|"[^"]*("|$))+/g) || [];
	return members.map(trim).filter(Boolean).map(member => {
		if (/^[0-9a-f]{32}$/.test(member)) return { digest: member };
		const opaque = member.replace(/^[Ww]\//, ''), isTag = /^"[^"]*"$/.test(opaque);
		const digest = lower(trim(isTag ? opaque.slice(1, -1) : opaque));
		return /^[0-9a-f]{32}$/.test(digest) ? { digest: digest } : { tag: isTag && member };
	});
}

const trim = text => /^[ \t]|[ \t]$/.test(text) ? text.replace(/^[ \t]+|[ \t]+$/g, '') : text;

// The words that no catalog knows, by the list in the key-value store (KnownWords::entries in the resolver). Without one
// all are known.
async function unknownOf(asked) {
	const traits = ['cohort', 'ring', 'delta'].filter(trait => asked.pairs[trait]);
	const words = asked.words.concat(traits, keys(asked.installed), keys(asked.have).map(digest => digest.slice(0, 8)));
	const found = empty(), pages = {};
	if (words[0]) try {
		const store = cf.kvs(), all = await store.get('words'), count = all[0] !== ' ' && +all.slice(1);
		for (let i = 0; i < words.length; i++) {
			let page = 0;
			for (let at = 0; at < words[i].length; at++) page = (page * 31 + words[i].charCodeAt(at)) % count;
			if (count !== false && !pages[page]) pages[page] = await store.get('words/' + count + '/' + page);
			if ((pages[page] || all).indexOf(' ' + words[i] + ' ') < 0) found[words[i]] = true;
		}
	} catch (_) {
		return empty();
	}
	return found;
}

// The canonical query.
function spell(asked, unknown) {
	const pairs = asked.pairs, known = word => !unknown[word];
	// Without cpuarch the first component stays: it says that something was asked for.
	const components = asked.words.filter(isComponent), first = !pairs.cpuarch && !components.some(known) && components[0];
	keys(unknown).forEach(word => { if (word !== first) delete pairs[word]; });
	const installed = keys(asked.installed).filter(known).sort();
	pairs.installed = installed.map(name => name + asked.installed[name]).join().replace(/\+/g, '%2B');
	pairs.have = keys(asked.have).filter(digest => known(digest.slice(0, 8))).sort().join();
	if (!pairs.have && !pairs.installed) delete pairs.delta;
	const said = keys(pairs).filter(key => pairs[key] && pairs[key] !== DEFAULTS[key]);
	return said.sort().map(key => key + '=' + pairs[key]).join('&');
}

// The first step of the ladder that reaches a device. The device itself goes no further.
function cohortOf(device) {
	const percentile = parseInt(crypto.createHash('sha256').update(device).digest('hex').slice(0, 8), 16) % 100;
	return LADDER.filter(step => step <= percentile).length;
}
