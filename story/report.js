// SPDX-License-Identifier: GPL-2.0-only
// The page of a report. Foreign text only ever becomes a text node or an attribute's value.
'use strict';
(() => {
const $ = (id) => document.getElementById(id);
const main = $('main');

// Tests look for these; readers see the message.
function failed(text) {
	const root = document.documentElement;
	root.dataset.errors = (root.dataset.errors || '') + text + '\n';
	$('broken').hidden = false;
	$('broken').textContent = 'This page has a fault: ' + text;
}
addEventListener('error', (e) => failed(e.message));
addEventListener('unhandledrejection', (e) => failed(String(e.reason)));
document.addEventListener('securitypolicyviolation', (e) => failed('blocked: ' + e.violatedDirective));

// ---- elements ----

function fill(e, attrs, kids) {
	for (const [k, v] of Object.entries(attrs || {})) {
		if (v === undefined || v === null || v === false)
			continue;
		if (k.startsWith('on'))
			e.addEventListener(k.slice(2), v);
		else if (k === 'width' && e.style && !(e instanceof SVGElement))
			e.style.width = v;
		else
			e.setAttribute(k, v === true ? '' : v);
	}
	for (const kid of kids.flat(Infinity))
		if (kid !== undefined && kid !== null && kid !== '')
			e.append(kid);
	return e;
}
const el = (tag, attrs, ...kids) => fill(document.createElement(tag), attrs, kids);
const svg = (tag, attrs, ...kids) =>
	fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attrs, kids);
const button = (label, onclick, attrs) => el('button', {type: 'button', onclick, ...attrs}, label);

// ---- text ----

// Bytes came as code points. Controls, bidirectional marks and the like are shown as numbers.
function readable(s) {
	if (/^[\x20-\x7e]*$/.test(s))
		return s;
	try {
		s = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(
			Uint8Array.from(s, (c) => c.charCodeAt(0)));
	} catch {
		s = s.replace(/[\x80-\xff]/g, (c) => '\\x' + c.charCodeAt(0).toString(16));
	}
	return s.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (c) => {
		const n = c.codePointAt(0).toString(16);
		return n.length > 2 ? `\\u{${n}}` : '\\x' + n.padStart(2, '0');
	});
}

const count = (n) => n.toLocaleString('en');
const plural = (n, one, many) => `${count(n)} ${n === 1 ? one : many || one + 's'}`;

function took(ns) {
	if (ns < 1e7)
		return (ns / 1e3).toFixed(1) + ' us';
	return ns < 1e10 ? (ns / 1e6).toFixed(3) + ' ms' : (ns / 1e9).toFixed(3) + ' s';
}

const two = (n) => String(n).padStart(2, '0');
const date = (d) => `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`;
const clock = (d) => `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;

// In the reader's time zone.
function timeOf(ns) {
	const sum = data.base[1] + ns, s = Math.floor(sum / 1e9);
	const us = Math.floor((sum - s * 1e9) / 1e3);
	return clock(new Date((data.base[0] + s) * 1e3)) + '.' + String(us).padStart(6, '0');
}

// ---- the data ----

let data;
try {
	data = JSON.parse($('data').textContent);
} catch (e) {
	failed('its data is damaged or cut off: ' + e.message);
	return;
}
$('broken').hidden = true;
const strings = [''];
const ENDS = ['dropped', 'ended', 'freed', 'quiet', 'cut', 'unfinished'];
const END_WORDS = ['dropped', 'ended', 'freed, how it ended is not certain', 'nothing more was seen',
	'cut short, too many packets at once', 'still under way when the trace ended'];
const MARKS = ['\u2715', '\u2713', '\u25cb', '?', '\u2702', '\u2026'];
const LAYERS = ['socket', 'transport', 'IP', 'netfilter', 'link', 'device'];
const STEP = 8; // numbers of a stage: number, namespace, device, time, events, flags, what, functions

// A text becomes its number; a new one is the next.
function intern(a, i) {
	if (typeof a[i] === 'string')
		a[i] = strings.push(readable(a[i])) - 1;
}

class Story {
	constructor(a) {
		for (const i of [6, 8, 11, 12, 13])
			intern(a, i);
		[this.nr, this.of, this.t, this.dur, this.events, this.pid, this.comm, this.len, this.tuple,
			this.end, this.endT, this.outcome, this.reason, this.where, this.lost] = a;
		this.steps = a[15];
		for (let i = 0; i < this.steps.length; i += STEP)
			for (const k of [1, 2, 6])
				intern(this.steps, i + k);
		this.funcs = a[16] || [0];
		for (let i = 1; i < this.funcs.length; i += 2)
			intern(this.funcs, i);
	}
	get name() {
		return strings[this.tuple] || 'packet without known addresses';
	}
	get process() {
		return `${strings[this.comm]}[${this.pid}]`;
	}
	step(i) {
		const s = this.steps, at = i * STEP;
		return {
			stage: data.stages[s[at]][0] || 'unknown', layer: data.stages[s[at]][1],
			netns: strings[s[at + 1]], dev: strings[s[at + 2]], t: s[at + 3], events: s[at + 4],
			isNews: s[at + 5] & 1, what: strings[s[at + 6]], nrFuncs: s[at + 7],
			end: at + STEP < s.length ? s[at + STEP + 3] : this.dur,
		};
	}
	get nrSteps() {
		return this.steps.length / STEP;
	}
	// Whether one of its texts has its number in the set.
	has(set) {
		if (set[this.tuple] || set[this.comm] || set[this.outcome] || set[this.reason] || set[this.where])
			return true;
		for (let i = 0; i < this.steps.length; i += STEP)
			if (set[this.steps[i + 1]] || set[this.steps[i + 2]] || set[this.steps[i + 6]])
				return true;
		for (let i = 1; i < this.funcs.length; i += 2)
			if (set[this.funcs[i]])
				return true;
		return false;
	}
	get cause() {
		return strings[this.outcome] || strings[this.reason] || strings[this.where] || 'unknown cause';
	}
}

const stories = data.rows.map((a) => new Story(a)).sort((a, b) => a.nr - b.nr);
data.rows = null;
const byNr = new Map(stories.map((s) => [s.nr, s]));
const copies = new Map();
for (const s of stories)
	if (s.of)
		copies.set(s.of, [...(copies.get(s.of) || []), s]);
const rules = data.rules.map((r) => r.map((v) => typeof v === 'string' ? readable(v) : v));

// The packets between two ends, in both directions.
const flowKeys = new Map();
function flowOf(s) {
	let key = flowKeys.get(s.tuple);
	if (key === undefined) {
		const m = /^(.+)->(.+)\(([^:,)]*).*\)$/.exec(s.name);
		key = m ? [m[1], m[2]].sort().join(' \u2194 ') + ` (${m[3]})` : 'no addresses';
		flowKeys.set(s.tuple, key);
	}
	return key;
}

function groups(list, keyOf) {
	const map = new Map();
	for (const s of list) {
		const key = keyOf(s), g = map.get(key);
		if (g)
			g.push(s);
		else
			map.set(key, [s]);
	}
	return map;
}

// ---- lists ----

const PAGE = 200;

/*
 * A table of rows, PAGE at a time. Columns: {t: title, f: text or node of a row, k: what to sort by,
 * num: align right, cls: class}. open(row) on click and Enter; arrows go from row to row.
 */
function list(name, cols, rows, open, sorted) {
	const body = el('tbody'), more = button('', () => show(PAGE), {class: 'more'});
	const head = el('tr');
	let shown = 0, by = sorted || null;
	const heads = cols.map((c) => el('th', {scope: 'col', class: c.num && 'num'},
		c.k ? button(c.t, () => order(c)) : c.t));
	head.append(...heads);

	function order(c) {
		by = {c, down: by && by.c === c ? !by.down : !!c.num};
		start();
	}
	function start() {
		heads.forEach((h, i) => by && by.c === cols[i] ?
			h.setAttribute('aria-sort', by.down ? 'descending' : 'ascending') :
			h.removeAttribute('aria-sort'));
		if (by) {
			const k = by.c.k, sign = by.down ? -1 : 1;
			rows = [...rows].sort((a, b) => k(a) < k(b) ? -sign : k(a) > k(b) ? sign : 0);
		}
		shown = 0;
		body.replaceChildren();
		show(PAGE);
	}
	function show(n) {
		const part = rows.slice(shown, shown + n);
		body.append(...part.map((r) => el('tr', {class: open && 'row', tabindex: open && -1},
			cols.map((c) => el('td', {'data-label': c.t, class: c.num ? 'num' : c.cls}, c.f(r))))));
		shown += part.length;
		more.hidden = shown >= rows.length;
		more.textContent = `Show more (${count(rows.length - shown)} left)`;
		if (open && body.firstChild && !body.querySelector('[tabindex="0"]'))
			body.firstChild.tabIndex = 0;
	}
	const rowOf = (e) => e.target.closest('tr.row');
	const indexOf = (tr) => [...body.children].indexOf(tr);
	function go(tr) {
		if (!tr)
			return;
		for (const old of body.querySelectorAll('[tabindex="0"]'))
			old.tabIndex = -1;
		tr.tabIndex = 0;
		tr.focus();
	}
	if (open) {
		body.addEventListener('click', (e) => rowOf(e) && !e.target.closest('a') && open(rows[indexOf(rowOf(e))]));
		body.addEventListener('keydown', (e) => {
			const tr = rowOf(e), i = indexOf(tr);
			const to = {ArrowDown: i + 1, ArrowUp: i - 1, PageDown: i + 20, PageUp: i - 20,
				Home: 0, End: shown - 1}[e.key];
			if (e.target !== tr)
				return;
			if (e.key === 'Enter' || e.key === ' ') {
				open(rows[i]);
			} else if (to !== undefined) {
				if (to >= shown)
					show(PAGE);
				go(body.children[Math.max(0, Math.min(to, shown - 1))]);
			} else {
				return;
			}
			e.preventDefault();
		});
	}
	start();
	return el('div', null, el('table', {class: 'list', 'aria-label': name},
		el('thead', null, head), body), more);
}

const endOf = (s) => el('span', {class: 'c-' + ENDS[s.end]}, `${MARKS[s.end]} ${ENDS[s.end]}`);

// ---- overview ----

const drops = stories.filter((s) => s.end === 0);
const nrUnlisted = data.unlisted.reduce((a, b) => a + b, 0);
const only = {label: '', test: null}; // what the list of packets is narrowed to

function narrow(label, test) {
	Object.assign(only, {label, test});
	Object.assign(filter, {text: '', end: ''});
	location.hash = '#packets';
	if (page() === 'packets')
		render();
}

function bars(rows, limit) {
	const most = Math.max(1, ...rows.map((r) => r.n));
	const all = el('ul', {class: 'bars'});
	const add = (part) => all.append(...part.map((r) => el('li', null, button([
		el('span', {class: 'say'}, el('span', null, r.label), el('span', {class: 'num'}, count(r.n))),
		el('span', {class: 'bar ' + r.cls, width: 100 * r.n / most + '%'})], r.open))));
	add(rows.slice(0, limit));
	if (rows.length <= limit)
		return all;
	const more = button(`Show ${plural(rows.length - limit, 'more cause', 'more causes')}`, () => {
		add(rows.slice(limit));
		more.remove();
	}, {class: 'more'});
	return [all, more];
}

// What happened when: packets by the time at which they were first seen.
function timeline() {
	const NR = 60, W = 600, H = 70, span = Math.max(1, data.span);
	const bins = Array.from({length: NR}, () => [0, 0]);
	for (const s of stories)
		bins[Math.min(NR - 1, Math.floor(NR * s.t / span))][s.end === 0 ? 0 : 1]++;
	const most = Math.max(1, ...bins.map(([a, b]) => a + b));
	const pic = svg('svg', {viewBox: `0 0 ${W} ${H + 18}`, width: W, role: 'img',
		'aria-label': `Packets over ${took(data.span)}, at most ${most} in one sixtieth of it`});
	bins.forEach(([d, o], i) => {
		const w = W / NR, h = H * (d + o) / most, hd = H * d / most;
		if (o)
			pic.append(svg('rect', {class: 'bin', x: i * w, y: H - h, width: w - 1, height: h - hd}));
		if (d)
			pic.append(svg('rect', {class: 'b-dropped', x: i * w, y: H - hd, width: w - 1, height: hd}));
	});
	pic.append(svg('line', {class: 'axis', x1: 0, x2: W, y1: H, y2: H}),
		svg('text', {class: 'muted', x: 0, y: H + 14}, timeOf(0)),
		svg('text', {class: 'muted', x: W, y: H + 14, 'text-anchor': 'end'}, timeOf(data.span)));
	return pic;
}

function missing() {
	const nrCut = stories.filter((s) => s.end === 4).length + data.unlisted[4];
	return [
		data.lost && `${plural(data.lost, 'event')} lost; ` +
			`${plural(stories.filter((s) => s.lost).length, 'packet')} under way then may lack some`,
		data.early && `${plural(data.early, 'event')} of packets that were first seen while probes were being attached`,
		nrCut && `${plural(nrCut, 'story', 'stories')} cut short: too many packets at once`,
		nrUnlisted && `${plural(nrUnlisted, 'packet')} counted but not listed: ` +
			data.unlisted.map((n, i) => n && `${count(n)} ${ENDS[i]}`).filter(Boolean).join(', '),
		data.other_hits && `${plural(data.other_hits, 'verdict')} of further rules`,
	].filter(Boolean);
}

function overview() {
	const ends = ENDS.map((_, i) => stories.filter((s) => s.end === i));
	const total = ends.map((e, i) => e.length + data.unlisted[i]);
	const card = (n, label) => el('li', null, el('b', null, n), label);
	const see = (i) => () => narrow(ENDS[i], (s) => s.end === i);
	const shownEnds = ENDS.map((_, i) => i).filter((i) => total[i]);
	const causes = [...groups(drops, (s) => s.cause)].map(([label, g]) => ({
		label, n: g.length, cls: 'b-dropped', open: () => narrow(`dropped: ${label}`,
			(s) => s.end === 0 && s.cause === label),
	})).sort((a, b) => b.n - a.n);
	const lacks = missing();

	return [
		el('h2', null, 'Overview'),
		el('ul', {class: 'cards'},
			card(count(stories.length + nrUnlisted), 'packets'), card(count(total[0]), 'dropped'),
			card(count(groups(stories, flowOf).size), 'flows'), card(count(data.events), 'events'),
			card(count(data.lost), 'events lost'), card(took(data.span), 'from first to last')),
		el('h3', null, 'What became of the packets'),
		el('div', {class: 'stack', 'aria-hidden': 'true'}, shownEnds.map((i) =>
			el('span', {class: 'b-' + ENDS[i], width: 100 * total[i] / (stories.length + nrUnlisted) + '%'}))),
		el('ul', {class: 'legend'}, shownEnds.map((i) => el('li', null, button([
			el('span', {class: 'swatch b-' + ENDS[i]}), `${MARKS[i]} ${count(total[i])} ${END_WORDS[i]}`], see(i))))),
		el('h3', null, 'Drops by cause'),
		causes.length ? bars(causes, 20) : el('p', null, 'No packet was dropped.'),
		stories.length ? [el('h3', null, 'When'), timeline()] : null,
		el('h3', null, 'What is missing'),
		lacks.length ? el('ul', null, lacks.map((t) => el('li', null, t))) :
			el('p', null, 'Nothing: no event was lost, no story cut short.'),
	];
}

// ---- flows ----

function flows() {
	const rows = [...groups(stories, flowOf)].map(([key, g]) => {
		const last = g.reduce((m, s) => Math.max(m, s.t + s.dur), 0);
		return {key, n: g.length, drops: g.filter((s) => s.end === 0).length, t: g[0].t,
			span: last - g[0].t, bytes: g.reduce((m, s) => m + s.len, 0)};
	});
	const cols = [
		{t: 'Flow', f: (r) => el('span', {class: 'mono'}, r.key), k: (r) => r.key, cls: 'wrap'},
		{t: 'Packets', f: (r) => count(r.n), k: (r) => r.n, num: true},
		{t: 'Dropped', f: (r) => r.drops ? el('span', {class: 'c-dropped'}, count(r.drops)) : '0', k: (r) => r.drops, num: true},
		{t: 'Bytes', f: (r) => count(r.bytes), k: (r) => r.bytes, num: true},
		{t: 'Began', f: (r) => timeOf(r.t), k: (r) => r.t, num: true},
		{t: 'Span', f: (r) => took(r.span), k: (r) => r.span, num: true},
	];
	return [
		el('h2', null, 'Flows'),
		el('p', {class: 'muted'}, 'By the addresses that packets had first, both directions together; copies count.'),
		list('Flows', cols, rows, (r) => narrow(r.key, (s) => flowOf(s) === r.key), {c: cols[1], down: true}),
	];
}

// ---- packets ----

const filter = {text: '', end: ''};
let visible = stories, opened = null;

// All words must be found, each in any text of the packet; "#7" is its number.
function search() {
	const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
	const sets = words.map((w) => {
		const set = new Uint8Array(strings.length);
		strings.forEach((s, i) => set[i] = i && s.toLowerCase().includes(w) ? 1 : 0);
		return set;
	});
	return stories.filter((s) => (filter.end === '' || s.end === +filter.end) &&
		(!only.test || only.test(s)) &&
		words.every((w, i) => w === '#' + s.nr || s.has(sets[i])));
}

const packetCols = [
	{t: 'No.', f: (s) => el('a', {href: '#packets/' + s.nr}, '#' + s.nr), k: (s) => s.nr},
	{t: 'First seen', f: (s) => timeOf(s.t), k: (s) => s.t, num: true},
	{t: 'Packet', f: (s) => el('span', {class: 'mono'}, s.name), k: (s) => s.name, cls: 'wrap'},
	{t: 'Length', f: (s) => count(s.len), k: (s) => s.len, num: true},
	{t: 'Process', f: (s) => s.process, k: (s) => s.process, cls: 'word'},
	{t: 'Took', f: (s) => took(s.dur), k: (s) => s.dur, num: true},
	{t: 'End', f: (s) => [endOf(s), strings[s.outcome] && ': ' + strings[s.outcome]], k: (s) => ENDS[s.end] + s.cause, cls: 'wrap'},
];

function packets() {
	const box = el('div'), said = el('p', {class: 'muted', role: 'status'});
	const input = el('input', {type: 'search', id: 'search', 'aria-label': 'Search packets',
		placeholder: 'Search: address, device, process, cause, #7', oninput: () => {
			filter.text = input.value;
			update();
		}});
	const select = el('select', {'aria-label': 'How it ended', onchange: () => {
		filter.end = select.value;
		update();
	}}, el('option', {value: ''}, 'all ends'), ENDS.map((e, i) => el('option', {value: i}, e)));
	const chip = only.test && button(`${only.label} \u2715`, () => {
		Object.assign(only, {label: '', test: null});
		render();
	}, {'aria-label': `Show all packets, not only ${only.label}`});

	function update() {
		visible = search();
		said.textContent = `${count(visible.length)} of ${plural(stories.length, 'packet')}`;
		box.replaceChildren(list('Packets', packetCols, visible, (s) => location.hash = '#packets/' + s.nr));
	}
	input.value = filter.text;
	select.value = filter.end;
	update();
	return [el('h2', null, 'Packets'), el('div', {class: 'tools'}, input, select, chip), said, box];
}

// ---- one packet ----

// Its way from top to bottom; the columns are layers, from the socket to the device.
function lanes(s, steps, room) {
	const left = 74, right = room < 600 ? 148 : 230, top = 62, ROW = 26;
	const w = Math.max(18, Math.min(64, (room - left - right) / LAYERS.length));
	const x = (layer) => left + w * (layer + 0.5), width = left + w * LAYERS.length + right;
	const back = svg('g'), lines = svg('g'), front = svg('g');
	let y = top, place = null, last = null;

	for (const st of steps) {
		const where = [st.netns, st.dev].filter(Boolean).join(' \u00b7 ');
		const moved = last && last.netns && st.netns && last.netns !== st.netns;
		if (where && where !== place) {
			back.append(svg('rect', {class: 'band', x: 0, y, width, height: ROW - 4}));
			front.append(svg('text', {class: 'where', x: 6, y: y + 15}, where));
			y += ROW;
			place = where;
		}
		const at = {x: x(st.layer), y: y + ROW / 2, netns: st.netns || (last && last.netns)};
		if (last)
			lines.append(svg('path', {class: moved ? 'edge hop' : 'edge',
				d: `M${last.x} ${last.y}L${at.x} ${at.y}`}));
		front.append(svg('circle', {class: 'node', cx: at.x, cy: at.y, r: 5}),
			svg('text', {class: 'muted', x: left - 6, y: at.y + 4, 'text-anchor': 'end'}, took(st.t)),
			svg('text', {x: width - right + 8, y: at.y + 4}, st.stage,
				svg('title', null, [st.stage, st.what].filter(Boolean).join(': '))));
		last = at;
		y += ROW;
	}
	const t = s.endT >= 0 ? s.endT : s.dur;
	if (last) {
		lines.append(svg('path', {class: 'edge', d: `M${last.x} ${last.y}V${y + ROW / 2}`}));
		front.append(svg('circle', {class: 'b-' + ENDS[s.end], cx: last.x, cy: y + ROW / 2, r: 8}),
			svg('text', {x: last.x, y: y + ROW / 2 + 4, 'text-anchor': 'middle',
				class: 'mark'}, MARKS[s.end]),
			svg('text', {class: 'muted', x: left - 6, y: y + ROW / 2 + 4, 'text-anchor': 'end'}, took(t)),
			svg('text', {class: 'where', x: width - right + 8, y: y + ROW / 2 + 4}, ENDS[s.end]));
	}
	const height = y + ROW + 6;
	LAYERS.forEach((name, i) => {
		back.append(svg('line', {class: 'lane', x1: x(i), x2: x(i), y1: top, y2: height - 6}));
		front.append(svg('text', {class: 'muted', transform: `translate(${x(i) + 4} ${top - 6})rotate(-50)`}, name));
	});
	return svg('svg', {viewBox: `0 0 ${width} ${height}`, width, role: 'img', id: 'lanes',
		'aria-label': `The way of packet ${s.nr} through ${plural(steps.length, 'stage')}; the table below has the same`},
		back, lines, front);
}

let allStages = false;

function functionsOf(s, i) {
	let from = 1;
	for (let k = 0; k < i; k++)
		from += 2 * s.step(k).nrFuncs;
	const n = s.step(i).nrFuncs, rows = [];
	for (let k = from; k < from + 2 * n && k < s.funcs.length; k += 2)
		rows.push(el('div', {class: 'mono'}, `${took(s.funcs[k + 1])}  ${strings[s.funcs[k]]}`));
	return rows.length ? el('details', null, el('summary', null, plural(rows.length, 'function')), rows) : null;
}

function onePacket(nr) {
	const s = byNr.get(nr);
	if (!s)
		return [el('h2', null, `Packet #${nr}`), el('p', null, 'It is not in this report.'),
			el('p', null, el('a', {href: '#packets'}, 'All packets'))];
	const steps = Array.from({length: s.nrSteps}, (_, i) => ({...s.step(i), i}));
	const shown = allStages ? steps : steps.filter((st) => st.isNews);
	const i = visible.indexOf(s);
	const link = (p, label) => p && el('a', {href: '#packets/' + p.nr}, label);
	const made = copies.get(s.nr) || [];
	const toggle = el('input', {type: 'checkbox', id: 'all', onchange: () => {
		allStages = toggle.checked;
		render();
	}});
	const most = Math.max(1, s.dur);

	toggle.checked = allStages;
	opened = nr;
	return [
		el('h2', null, `#${s.nr} `, el('span', {class: 'mono'}, s.name)),
		el('p', {class: 'tools'}, el('a', {href: '#packets'}, 'All packets'),
			link(visible[i - 1], '\u2190 previous'), i >= 0 ? link(visible[i + 1], 'next \u2192') : null,
			button('This flow', () => narrow(flowOf(s), (p) => flowOf(p) === flowOf(s)), {class: 'link'})),
		el('p', null, `${plural(s.len, 'byte')}, ${s.process}, first seen ${timeOf(s.t)}, ${plural(s.events, 'event')}`,
			s.of ? [', copy of ', byNr.has(s.of) ? link(byNr.get(s.of), '#' + s.of) : '#' + s.of] : null,
			made.length ? [', copied to ', made.map((p, k) => [k ? ', ' : '', link(p, '#' + p.nr)]).flat()] : null),
		el('p', {class: 'callout c-' + ENDS[s.end]}, `${MARKS[s.end]} ${END_WORDS[s.end]} after ${took(s.endT >= 0 ? s.endT : s.dur)}`,
			strings[s.outcome] && `: ${strings[s.outcome]}`),
		(s.reason || s.where) ? el('p', null, 'By the kernel: ',
			el('code', null, [strings[s.reason], strings[s.where]].filter(Boolean).join(', '))) : null,
		s.lost ? el('p', {class: 'callout c-cut'}, 'Events were lost while this packet was under way: its way may lack stages.') : null,
		el('p', {class: 'tools'}, el('label', null, toggle, ' also where it only came back to a stage')),
		lanes(s, shown, Math.min(720, main.clientWidth || 720)),
		el('h3', null, 'Stages'),
		el('table', {class: 'list', 'aria-label': 'Stages'},
			el('thead', null, el('tr', null, ['At', 'Stage', 'Namespace', 'Device', 'Took', 'What'].map((t) =>
				el('th', {scope: 'col'}, t)))),
			el('tbody', null, shown.map((st, k) => {
				const until = k + 1 < shown.length ? shown[k + 1].t : s.dur;
				const cell = (label, ...kids) => el('td', {'data-label': label}, ...kids);
				return el('tr', null, el('td', {'data-label': 'At', class: 'time'}, took(st.t)), cell('Stage', st.stage),
					cell('Namespace', st.netns), cell('Device', st.dev),
					el('td', {'data-label': 'Took', class: 'time'}, took(until - st.t),
						el('span', {class: 'share', width: 100 * (until - st.t) / most + '%'})),
					cell('What', st.what, functionsOf(s, st.i)));
			}))),
	];
}

// ---- latency ----

const BINS = 36, BIN_FROM = 2; // four for each power of ten, from 100 ns to 100 s
const binOf = (ns) => Math.max(0, Math.min(BINS - 1, Math.floor(4 * (Math.log10(Math.max(1, ns)) - BIN_FROM))));

function histogram(bins) {
	const W = 216, H = 34, w = W / BINS, most = Math.max(...bins);
	const pic = svg('svg', {viewBox: `0 0 ${W} ${H + 13}`, width: W, role: 'img', 'aria-label': 'distribution'});
	bins.forEach((n, i) => n && pic.append(svg('rect', {class: 'bin', x: i * w, y: H - Math.max(2, H * n / most),
		width: w - 1, height: Math.max(2, H * n / most)}, svg('title', null, `${count(n)} from ${took(10 ** (BIN_FROM + i / 4))}`))));
	pic.append(svg('line', {class: 'axis', x1: 0, x2: W, y1: H, y2: H}));
	[['1 us', 3], ['1 ms', 6], ['1 s', 9]].forEach(([t, p]) => pic.append(
		svg('line', {class: 'axis', x1: 4 * w * (p - BIN_FROM), x2: 4 * w * (p - BIN_FROM), y1: H, y2: H + 3}),
		svg('text', {class: 'muted', x: 4 * w * (p - BIN_FROM), y: H + 12, 'text-anchor': 'middle', 'font-size': 9}, t)));
	return pic;
}

function latency() {
	const times = new Map();
	const add = (name, ns) => {
		const all = times.get(name);
		if (all)
			all.push(ns);
		else
			times.set(name, [ns]);
	};
	for (const s of stories) {
		add('whole way', s.dur);
		for (let i = 0; i < s.steps.length; i += STEP) {
			const name = data.stages[s.steps[i]][0];
			if (name)
				add(name, (i + STEP < s.steps.length ? s.steps[i + STEP + 3] : s.dur) - s.steps[i + 3]);
		}
	}
	const order = ['whole way', ...data.stages.map((s) => s[0])];
	const rows = [...times].map(([name, all]) => {
		const bins = new Array(BINS).fill(0);
		all.sort((a, b) => a - b);
		for (const ns of all)
			bins[binOf(ns)]++;
		const at = (p) => all[Math.min(all.length - 1, Math.floor(p * all.length))];
		return {name, bins, n: all.length, p50: at(0.5), p90: at(0.9), p99: at(0.99), max: all[all.length - 1]};
	}).sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
	const ns = (t, k) => ({t, f: (r) => took(r[k]), k: (r) => r[k], num: true});
	return [
		el('h2', null, 'Latency by stage'),
		el('p', {class: 'muted'}, 'From where a packet comes to a stage until it comes to the next one, or to its last event. A stage counts each time that a packet comes to it.'),
		list('Latency by stage', [
			{t: 'Stage', f: (r) => r.name}, {t: 'Times', f: (r) => count(r.n), k: (r) => r.n, num: true},
			ns('Median', 'p50'), ns('90 %', 'p90'), ns('99 %', 'p99'), ns('Longest', 'max'),
			{t: 'Distribution', f: (r) => histogram(r.bins)},
		], rows),
	];
}

// ---- rules, machine ----

function ruleset() {
	const place = (r) => {
		const nr = r[8] ? 'policy' : r[6] ? `rule ${r[6]}` : r[7] ? `handle ${r[7]}` : r[5] ? '' : 'rule unknown';
		return [r[2], r[3], r[4], r[5], nr].filter(Boolean).join(' ');
	};
	const cols = [
		{t: 'Packets', f: (r) => count(r[0]), k: (r) => r[0], num: true},
		{t: 'Verdict', f: (r) => el('span', {class: /DROP|REJECT/.test(r[9]) && 'c-dropped'}, r[9]), k: (r) => r[9]},
		{t: 'Namespace', f: (r) => r[1], k: (r) => r[1], cls: 'word'},
		{t: 'Rule', f: (r) => el('span', {class: 'mono'}, place(r)), k: place, cls: 'wrap'},
		{t: 'Hook', f: (r) => r[10], k: (r) => r[10]},
		{t: 'More', f: (r) => [r[11], r[12], r[13] && `"${r[13]}"`, r[14]].filter(Boolean).join('; '), cls: 'wrap'},
	];
	return [
		el('h2', null, 'Rules of the firewall'),
		el('p', {class: 'muted'}, 'How often which rule or policy decided about a packet, as far as that was recorded.'),
		rules.length ? list('Rules', cols, rules, null, {c: cols[0], down: true}) :
			el('p', null, 'No verdict was recorded. Rules that accept are told with --output-verdict all.'),
	];
}

function machine() {
	const day = new Date(data.started[0] * 1e3), item = (t, ...d) => [el('dt', null, t), el('dd', null, ...d)];
	const text = (t) => readable(t) || '-', zone = Intl.DateTimeFormat().resolvedOptions().timeZone || '';
	return [
		el('h2', null, 'Machine and options'),
		el('dl', null,
			item('Machine', text(data.hostname)), item('Kernel', `${text(data.release)} (${text(data.machine)})`),
			item('Traced by', `skbtrail ${text(data.recorder)}`),
			item('Started', `${date(day)} ${clock(day)}`),
			item('Report', `skbtrail ${text(data.version)}, of ${data.replay ? 'a record' : 'a running trace'}`),
			item('Command line', el('code', null, data.args.map((a) => {
				const t = readable(a);
				return /^[\w@%+=:,./-]+$/.test(t) ? t : `'${t.replaceAll("'", "'\\''")}'`;
			}).join(' '))),
			item('Times', `in the time zone of this browser${zone && ` (${zone})`}`),
			item('Events', `${count(data.events)}, ${count(data.unknown)} of them of functions in no stage`)),
		el('h3', null, 'What is missing'),
		el('ul', null, (missing().length ? missing() : ['nothing']).map((t) => el('li', null, t))),
		data.lost_at.length ? list('Lost events', [
			{t: 'At', f: (r) => timeOf(r[0])}, {t: 'Events lost', f: (r) => count(r[1]), num: true}], data.lost_at) : null,
	];
}

// ---- pages ----

const PAGES = {overview, flows, packets, latency, rules: ruleset, machine};
const TITLES = {overview: 'Overview', flows: 'Flows', packets: 'Packets', latency: 'Latency', rules: 'Rules', machine: 'Machine'};
const page = () => {
	const [name, nr] = location.hash.slice(1).split('/');
	return name === 'packets' && nr ? 'packet' : PAGES[name] ? name : 'overview';
};

function render() {
	const name = page(), nr = +location.hash.split('/')[1];
	const nodes = name === 'packet' ? onePacket(nr) : PAGES[name]();
	main.replaceChildren(...nodes.flat(Infinity).filter(Boolean));
	for (const a of $('nav').children) {
		if (a.hash === '#' + (name === 'packet' ? 'packets' : name))
			a.setAttribute('aria-current', 'page');
		else
			a.removeAttribute('aria-current');
	}
	document.title = `${name === 'packet' ? '#' + nr : TITLES[name]} - skbtrail, ${readable(data.hostname)}`;
	return name;
}

let wantsSearch = false;

// After a link: the keyboard goes on where the reader looks.
function show() {
	const name = render();
	scrollTo(0, 0);
	if (wantsSearch && name === 'packets') {
		wantsSearch = false;
		$('search').focus();
		return;
	}
	const back = name === 'packets' && opened && main.querySelector(`a[href="#packets/${opened}"]`);
	(back ? back.closest('tr') : main).focus();
}

$('about').textContent = `${readable(data.hostname)}, Linux ${readable(data.release)}, ` +
	`${data.base[0] ? `${date(new Date(data.base[0] * 1e3))} ${timeOf(0)}` : 'no event'}`;
$('nav').append(...Object.keys(PAGES).map((p, i) => el('a', {href: '#' + p, 'aria-keyshortcuts': i + 1}, TITLES[p])));
addEventListener('hashchange', show);
let narrowRoom = innerWidth;
addEventListener('resize', () => {
	if (innerWidth !== narrowRoom && page() === 'packet')
		render();
	narrowRoom = innerWidth;
});
addEventListener('beforeprint', () => {
	if (page() !== 'packet')
		main.replaceChildren(...Object.values(PAGES).map((p) => p()).flat(Infinity).filter(Boolean));
});
addEventListener('afterprint', render);
addEventListener('keydown', (e) => {
	const typing = /^(INPUT|SELECT)$/.test(e.target.tagName) && e.target.type !== 'checkbox';
	if (e.ctrlKey || e.altKey || e.metaKey)
		return;
	if (e.key === 'Escape') {
		if (page() === 'packet')
			location.hash = '#packets';
		else if (typing && e.target.value)
			return; // the browser empties the field
		else
			main.focus();
	} else if (typing) {
		const row = e.key === 'ArrowDown' && e.target.id === 'search' && main.querySelector('tr.row');
		if (!row)
			return;
		row.focus();
	} else if (e.key === '/') {
		wantsSearch = page() !== 'packets';
		location.hash = '#packets';
		if (!wantsSearch)
			$('search').focus();
	} else if (e.key >= '1' && e.key <= '6') {
		location.hash = '#' + Object.keys(PAGES)[e.key - 1];
	} else if (page() === 'packet' && (e.key === 'ArrowLeft' || e.key === 'ArrowRight')) {
		const to = visible[visible.indexOf(byNr.get(opened)) + (e.key === 'ArrowLeft' ? -1 : 1)];
		if (!to)
			return;
		location.hash = '#packets/' + to.nr;
	} else {
		return;
	}
	e.preventDefault();
});
render();
document.documentElement.dataset.ready = Math.round(performance.now()); // ms since it was opened
})();
