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
const MAX = { query: 4096, parameters: 128, ifNoneMatch: 5120 };
const LADDER = [1, 10, 25, 100]; // percent: the origin's default

const RESERVED = /^(cpuarch|os|installed|have|device|cohort|ring|delta|payloadtype)$/;
const DEFAULTS = { os: 'prod', ring: 'general', payloadtype: 'fullpayload' };
const WORD = /^[a-z0-9._-]{1,64}$/;
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
			request.querystring = raw.split('&').filter(pair => lower(decode(pair.split('=')[0])) !== 'device').join('&');
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
	fail(400, input + ': ' + takes);
}

function most(input, limit, tooMany, of, status) {
	if (tooMany) fail(status || 400, input + ': it takes ' + limit + ' ' + of + ' at most');
}

// Most texts are short enough to be within a limit however they are encoded.
const over = (text, limit) => text.length * 3 > limit && encodeURIComponent(text).replace(/%../g, '.').length > limit;

// What is asked. Mistakes are found in the origin's order.
function understand(raw, header) {
	const given = parameters(raw), pairs = empty();
	// pairs: the query so far; words: its keys that no catalog might know
	const asked = { pairs: pairs, words: [], installed: empty(), have: {}, tags: [] };
	keys(given).sort().forEach(key => RESERVED.test(key) || add(asked, key, given[key]));
	pairs.os = one(given.os, WORD, TAKES);
	pairs.cpuarch = one(given.cpuarch, /^[a-z0-9_-]{1,45}$/, '1 to 45 letters, digits, _ and -');
	if (!pairs.cpuarch) delete pairs.os;
	if (!pairs.cpuarch && !asked.words.some(isComponent)) {
		bad('Missing cpuArch query param', 'give cpuArch=<architecture>, or name a component as <component>=<channel>');
	}
	pairs.payloadtype = one(given.payloadtype, /^(fullpayload|metadataonly)$/, 'fullPayload or metadataOnly',
		'Invalid payloadType param');
	if (given.installed) readInstalled(asked, given.installed.value);
	const cohort = one(given.cohort, /^[0-9]{1,3}$/, 'a number from 0 to 999');
	if (cohort) pairs.cohort = '' + Math.min(+cohort, LADDER.length - 1);
	else if (given.device) pairs.cohort = '' + cohortOf(escaped(given.device.bytes, /[^ -$&-~]/g));
	pairs.ring = one(given.ring, /^(canary|early|general|hold)$/, 'canary, early, general or hold');
	readDigests(asked, given.have, header);
	// Formats of patches that newer devices know say nothing here.
	if (given.delta && lower(given.delta.value).split(',').map(trim).indexOf('zstd') >= 0) pairs.delta = 'zstd';
	return asked;
}

// By lower-cased key; an empty value is none, and the first of two wins.
function parameters(raw) {
	most('query', MAX.query, over(raw, MAX.query), 'bytes', 414);
	const found = empty();
	raw.split('&').filter(Boolean).forEach((pair, index) => {
		most('query', MAX.parameters, index >= MAX.parameters, 'parameters');
		const at = (pair + '=').indexOf('='), key = line(decode(pair.slice(0, at))), bytes = decode(pair.slice(at + 1));
		const name = lower(key);
		if (bytes) found[name] = found[name] || { key: key, bytes: bytes, value: line(bytes) };
	});
	return found;
}

// A letter for each byte. A % without two hexadecimal digits stays.
function decode(text) {
	if (!/[^!-$&-*,-~]/.test(text)) return text;
	return text.replace(/\+/g, ' ').replace(/[^ -~]+/g, some => encodeURIComponent(some))
		.replace(/%([0-9A-Fa-f]{2})/g, (_, byte) => String.fromCharCode(parseInt(byte, 16)));
}

// In some engines $ matches before a last line break.
const line = text => text.replace(/[\n\r]/g, '\0');

const escaped = (bytes, odd) => lower(bytes.replace(odd, byte => '%' + (256 + byte.charCodeAt(0)).toString(16).slice(1)));

// An attribute, a fact, a component, or what nothing can be called.
function add(asked, key, given) {
	const isAttribute = key.slice(0, 4) === 'attr', value = lower(given.value);
	if (isComponent(key) || /^attr[a-z0-9._-]{1,64}$/.test(key)) asked.pairs[key] = WORD.test(value) ? value : '!';
	else if (!isAttribute && key.length <= 64 && /^[a-z0-9_-]+\.[a-z0-9._-]+$/.test(key)) {
		asked.pairs[key] = escaped(given.bytes, /[^A-Za-z0-9._,-]/g);
	} else return;
	asked.words.push(key);
}

const isComponent = name => /^(?!attr)[a-z0-9][a-z0-9_-]{0,47}$/.test(name) && !RESERVED.test(name);

// A value in lower case, if there is one; it must be among those that its key takes.
function one(given, among, takes, invalid) {
	if (!given) return '';
	const value = lower(given.value);
	if (!among.test(value)) bad(invalid || given.key, 'it takes ' + takes);
	return value;
}

// An entry that cannot be read says nothing. No version has a space: it was a plus that nobody escaped.
function readInstalled(asked, list) {
	list.split(',').map(trim).forEach(entry => {
		const at = entry.indexOf('@'), version = entry.slice(at).replace(/ /g, '+');
		let name = lower(entry.slice(0, at));
		if (name === 'os' && asked.pairs.cpuarch) name = 'os_' + asked.pairs.cpuarch;
		if (!isComponent(name) || !/^@[A-Za-z0-9][A-Za-z0-9._+~:-]{0,47}$/.test(version)) return;
		asked.installed[name] = asked.installed[name] || version;
	});
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

// The words that no catalog knows, by the list in the key-value store (CacheVocabulary::entries in the resolver). Without one
// all are known, and nothing is returned.
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
		return;
	}
	return found;
}

// The canonical query.
function spell(asked, unknown) {
	const pairs = asked.pairs, said = asked.installed, known = word => !unknown || !unknown[word];
	// A device that says what runs of what it asks for means a component.
	const stays = word => known(word) || said[word] && pairs[word] !== '!';
	// Without cpuarch the first component stays: it says that something was asked for.
	const components = asked.words.filter(isComponent), first = !pairs.cpuarch && !components.some(stays)
		&& (components.filter(name => pairs[name] !== '!')[0] || components[0]);
	keys(unknown || {}).forEach(word => { if (word !== first && !stays(word)) delete pairs[word]; });
	const wrong = unknown && asked.words.filter(word => pairs[word] === '!')[0];
	if (wrong) bad(wrong, 'it takes ' + TAKES);
	const os = pairs.cpuarch && 'os_' + pairs.cpuarch;
	const installed = keys(said).filter(name => known(name) || pairs[name] || name === os).sort();
	pairs.installed = installed.map(name => name + (known(name) ? said[name] : '@0')).join().replace(/\+/g, '%2B');
	pairs.have = keys(asked.have).filter(digest => known(digest.slice(0, 8))).sort().join();
	if (!pairs.have && !pairs.installed) delete pairs.delta;
	const left = keys(pairs).filter(key => pairs[key] && pairs[key] !== DEFAULTS[key]);
	const text = left.sort().map(key => key + '=' + pairs[key]).join('&');
	most('query', MAX.query, text.length > MAX.query, 'bytes', 414);
	return text;
}

// The first step of the ladder that reaches a device. The device itself goes no further.
function cohortOf(device) {
	const percentile = parseInt(crypto.createHash('sha256').update(device).digest('hex').slice(0, 8), 16) % 100;
	return LADDER.filter(step => step <= percentile).length;
}
