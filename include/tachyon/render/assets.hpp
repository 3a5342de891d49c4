// Written by gen/embed.py from gen/assets; do not edit. To rebuild it: python3 gen/embed.py
#pragma once

#include <array>
#include <string_view>

// The pages as text: head | title | body | data | tail.
// clang-format off
namespace tachyon::assets {
using std::string_view_literals::operator""sv;

inline constexpr std::array<std::string_view, 1> flamegraph_head{
R"page(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-k4iBV+2cCYQbsj/KnC7awgher4ytddFyGFV50iuMycc='; script-src 'sha256-J2BVzqH8CDpQ0U5GKPiRzwy8V7DPCkX5lZqmjvENVJY='; img-src data: blob:; base-uri 'none'; form-action 'none'">
<meta name="generator" content="tachyon">
<title>)page"sv};

inline constexpr std::array<std::string_view, 1> flamegraph_body{
R"page(</title>
<style>:root{color-scheme:light;--ground:#fbfaf8;--panel:#ffffff;--sunken:#f3f1ec;--line:#e2ded6;--ink:#23211d;--quiet:#68635a;--accent:#0b6e6e;--accent-soft:#d9ecea;--good:#2f7d4f;--warn:#a86200;--bad:#b3332b;--match:#b5e0f0;--heat-1:#f1ece0;--heat-2:#f5e5c4;--heat-3:#f8d9a0;--heat-4:#f8c87c;--heat-5:#f5b05c;--heat-6:#ee9148;--heat-7:#e3703b;--heat-8:#cb452c;--diff-up-1:#f6d5c8;--diff-up-2:#f0b09a;--diff-up-3:#e37f66;--diff-up-4:#c94a38;--diff-down-1:#d3e2f2;--diff-down-2:#a8c8e8;--diff-down-3:#70a3d6;--diff-down-4:#3a74b4;--diff-new:#b79be0;--diff-same:#e9e6df;--origin-project:#f3b56a;--origin-stdlib:#b9d3c2;--origin-site:#b9c9e6;--origin-other:#e4e0d8;--frame-ink:#241f18;--frame-ink-inverse:#ffffff;--rest:#d8d3c8;--shadow:0 6px 24px rgb(40 32 20 / 16%);--sans:system-ui,-apple-system,'Segoe UI','Noto Sans','DejaVu Sans',sans-serif;--mono:ui-monospace,'SF Mono','Cascadia Mono','Noto Sans Mono','DejaVu Sans Mono',monospace;}
:root[data-theme='dark']{color-scheme:dark;--ground:#191a1c;--panel:#212326;--sunken:#2a2c30;--line:#393c41;--ink:#ebe8e1;--quiet:#a9a69e;--accent:#63c3bd;--accent-soft:#23403f;--good:#6fc08d;--warn:#e3a951;--bad:#f08a7e;--match:#7cc4dd;--heat-1:#38373a;--heat-2:#4a4339;--heat-3:#5f4e37;--heat-4:#7b5c36;--heat-5:#9a6b37;--heat-6:#bd7b3a;--heat-7:#dd8a43;--heat-8:#fb9d58;--diff-up-1:#56403b;--diff-up-2:#7d4c42;--diff-up-3:#b05d4d;--diff-up-4:#e8806c;--diff-down-1:#3a4552;--diff-down-2:#3f5a78;--diff-down-3:#5286b8;--diff-down-4:#76b0ea;--diff-new:#a58ad6;--diff-same:#3a3a3d;--origin-project:#c98945;--origin-stdlib:#4d6a5a;--origin-site:#4a5b7c;--origin-other:#434347;--frame-ink:#100e0b;--frame-ink-inverse:#ffffff;--rest:#4c4b4a;--shadow:0 6px 24px rgb(0 0 0 / 50%);}
*{box-sizing:border-box;}
[hidden]{display:none !important;}
html,body{height:100%;margin:0;}
body{background:var(--ground);color:var(--ink);font:14px/1.45 var(--sans);-webkit-text-size-adjust:100%;}
button,input,select{font:inherit;color:inherit;background:var(--panel);border:1px solid var(--line);border-radius:6px;padding:4px 10px;min-height:30px;}
button{cursor:pointer;}
button:hover{background:var(--sunken);}
button[aria-pressed='true'],[role='tab'][aria-selected='true']{background:var(--accent-soft);border-color:var(--accent);color:var(--ink);}
:focus-visible{outline:2px solid var(--accent);outline-offset:1px;}
h1,h2,h3,p,dl,dd{margin:0;}
bdi{unicode-bidi:isolate;}
.num{font-variant-numeric:tabular-nums;}
.quiet{color:var(--quiet);}
.plain{border:0;background:none;padding:2px 6px;min-height:0;}
.visually-hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap;}
body{display:flex;flex-direction:column;overflow:hidden;}
.top{display:flex;align-items:center;gap:12px;padding:10px 16px 8px;background:var(--panel);}
.top .name{flex:1 1 auto;min-width:0;}
.top h1{font-size:15px;font-weight:600;white-space:nowrap;overflow:hidden;text-overflow:ellipsis;}
.top p{color:var(--quiet);font-size:12.5px;white-space:nowrap;overflow:hidden;text-overflow:ellipsis;}
.find{position:relative;display:flex;align-items:center;flex:0 1 400px;}
.find input{width:100%;padding-right:138px;}
.find input::-webkit-search-cancel-button{display:none;}
.find[data-found='some'] input{border-color:var(--good);}
.find[data-found='none'] input{border-color:var(--bad);}
.find output{position:absolute;right:32px;font-size:12px;color:var(--quiet);pointer-events:none;}
.find[data-found='none'] output{color:var(--bad);}
.find button{position:absolute;right:3px;}
.tools{display:flex;flex-wrap:wrap;align-items:center;gap:6px 10px;padding:2px 16px 10px;background:var(--panel);border-bottom:1px solid var(--line);}
.group{display:inline-flex;}
.group > button{border-radius:0;margin-left:-1px;}
.group > button:first-child{border-radius:6px 0 0 6px;margin-left:0;}
.group > button:last-child{border-radius:0 6px 6px 0;}
.group > button:only-child{border-radius:6px;}
.group > [aria-pressed='true'],.group > [aria-selected='true']{position:relative;z-index:1;}
.tools button,.tools select{font-size:13px;padding:3px 9px;min-height:28px;}
.tools select{width:132px;padding-left:6px;}
.tools .space{flex:1;}
.time{display:flex;align-items:stretch;gap:10px;padding:6px 16px;border-bottom:1px solid var(--line);}
.time canvas{flex:1;min-width:0;height:40px;cursor:crosshair;touch-action:none;border-radius:3px;}
.time .said{width:210px;font-size:12.5px;color:var(--quiet);display:flex;flex-direction:column;justify-content:center;align-items:flex-start;}
.time .said button{color:var(--accent);padding:0;text-decoration:underline;}
.body{flex:1;min-height:0;display:flex;}
aside{flex:none;width:300px;overflow-y:auto;background:var(--panel);padding:4px 16px 24px;}
.grip{flex:none;width:7px;cursor:col-resize;border-left:1px solid var(--line);background:var(--ground);touch-action:none;}
.grip:hover,.grip:focus-visible{background:var(--accent-soft);}
.without-side aside,.without-side .grip{display:none;}
details.part{border-bottom:1px solid var(--line);padding:10px 0;}
details.part:last-of-type{border:0;}
details.part > summary{font-weight:600;cursor:pointer;list-style:none;display:flex;justify-content:space-between;}
details.part > summary::-webkit-details-marker{display:none;}
details.part > summary::after{content:'\2212';color:var(--quiet);}
details.part:not([open]) > summary::after{content:'+';}
details.part > *:not(summary){margin-top:8px;}
.cards{display:grid;grid-template-columns:1fr 1fr;gap:10px 14px;}
.cards + .facts{margin-top:12px;}
.cards dt{color:var(--quiet);font-size:12px;}
.cards dd{font-size:17px;font-variant-numeric:tabular-nums;}
.facts{display:grid;grid-template-columns:1fr auto;gap:3px 10px;font-size:13px;}
.facts dt{color:var(--quiet);}
.facts dd{text-align:right;font-variant-numeric:tabular-nums;overflow-wrap:anywhere;}
.bar{margin-top:8px;font-size:13px;}
.bar > div:first-child{display:flex;justify-content:space-between;}
.bar .track{height:6px;border-radius:3px;background:var(--sunken);overflow:hidden;margin-top:2px;}
.bar .track i{display:block;height:100%;background:var(--accent);}
.bar[data-level='warn'] .track i{background:var(--warn);}
.bar[data-level='bad'] .track i{background:var(--bad);}
.verdict{font-size:13px;border-left:3px solid var(--good);padding-left:9px;}
.verdict[data-level='warn']{border-color:var(--warn);}
.verdict[data-level='bad']{border-color:var(--bad);}
.spot{display:block;width:100%;text-align:left;margin-top:6px;padding:6px 10px;line-height:1.35;}
.spot b{font-weight:600;overflow-wrap:anywhere;}
.spot .row{display:flex;justify-content:space-between;gap:8px;font-size:12.5px;color:var(--quiet);}
.spot .row span:first-child{min-width:0;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;}
.legend{display:grid;grid-template-columns:14px 1fr;gap:3px 8px;align-items:center;font-size:12.5px;}
.legend i{width:14px;height:14px;border-radius:3px;border:1px solid rgb(128 128 128 / 35%);}
.chosen > div{overflow-wrap:anywhere;}
.chosen .acts{display:flex;flex-wrap:wrap;gap:6px;}
.chosen .acts button{font-size:12.5px;padding:2px 8px;}
.stage{flex:1;min-width:0;display:flex;flex-direction:column;background:var(--ground);}
.crumbs{display:flex;align-items:center;gap:8px;padding:6px 12px;font-size:13px;min-height:34px;}
.crumbs > span{min-width:0;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;color:var(--quiet);flex:1;}
.crumbs button{flex:none;padding:1px 8px;min-height:24px;font-size:12.5px;}
.graph{position:relative;flex:1;min-height:0;overflow-y:auto;overflow-x:hidden;padding:0 12px;}
.graph > div{position:relative;}
.graph canvas{position:sticky;top:0;left:0;display:block;cursor:default;}
.graph canvas:focus-visible{outline-offset:-2px;}
.seam{padding:6px 12px;font-size:13px;border-block:1px solid var(--line);background:var(--panel);display:flex;gap:10px;align-items:baseline;}
.seam b{overflow-wrap:anywhere;}
.empty{padding:48px 24px;max-width:60ch;margin:0 auto;color:var(--quiet);text-align:center;}
.table{flex:1;min-height:0;overflow:auto;padding:0 12px 24px;}
table{border-collapse:collapse;width:100%;font-size:13px;}
th,td{padding:4px 10px;text-align:right;border-bottom:1px solid var(--line);font-variant-numeric:tabular-nums;white-space:nowrap;}
th{position:sticky;top:0;background:var(--ground);font-weight:600;z-index:1;}
th button{border:0;background:none;padding:2px 0;font-weight:600;}
th:first-child,td:first-child{text-align:left;white-space:normal;min-width:180px;max-width:640px;}
th[aria-sort='descending'] button::after{content:' \25BE';color:var(--accent);}
th[aria-sort='ascending'] button::after{content:' \25B4';color:var(--accent);}
td:first-child button{border:0;background:none;padding:0;min-height:0;text-align:left;font-weight:600;overflow-wrap:anywhere;}
td:first-child button:hover{color:var(--accent);text-decoration:underline;}
td small{color:var(--quiet);font-size:12px;overflow-wrap:anywhere;}
tr.match td{background:color-mix(in srgb,var(--match) 35%,transparent);}
td.share{background:linear-gradient(var(--heat-4),var(--heat-4)) right bottom / var(--w,0) 3px no-repeat;}
td .up{color:var(--bad);}
td .down{color:var(--accent);}
.more{margin:12px 0;}
.status{display:flex;gap:18px;padding:5px 16px;font-size:12.5px;background:var(--panel);border-top:1px solid var(--line);min-height:29px;white-space:nowrap;overflow:hidden;}
.status span{overflow:hidden;text-overflow:ellipsis;}
.status .grow{flex:1;color:var(--quiet);min-width:0;}
.tip{position:fixed;z-index:20;max-width:min(520px,calc(100vw - 16px));background:var(--panel);border:1px solid var(--line);border-radius:8px;box-shadow:var(--shadow);padding:10px 12px;font-size:13px;pointer-events:none;}
.tip h3{font-size:13.5px;overflow-wrap:anywhere;max-height:5.6em;overflow:hidden;}
.tip .where{color:var(--quiet);overflow-wrap:anywhere;max-height:4.2em;overflow:hidden;}
.tip .facts{margin-top:6px;}
.tip pre,.chosen pre{margin:8px 0 0;padding:6px 8px;background:var(--sunken);border-radius:5px;font:12px/1.5 var(--mono);overflow:hidden;}
.chosen pre{overflow-x:auto;}
pre .now{font-weight:700;color:var(--accent);}
.ops{margin-top:8px;display:grid;grid-template-columns:auto 70px auto;gap:2px 8px;font-size:12px;align-items:center;}
.ops .track{height:5px;background:var(--sunken);border-radius:3px;overflow:hidden;}
.ops .track i{display:block;height:100%;background:var(--accent);}
.badge{font-size:10px;letter-spacing:0.04em;border:1px solid var(--accent);color:var(--accent);border-radius:3px;padding:0 3px;margin-left:5px;}
.tip .hint{margin-top:8px;color:var(--quiet);font-size:12px;}
dialog{border:1px solid var(--line);border-radius:10px;background:var(--panel);color:var(--ink);box-shadow:var(--shadow);max-width:620px;padding:20px 24px;}
dialog::backdrop{background:rgb(0 0 0 / 35%);}
dialog h2{font-size:16px;margin-bottom:8px;}
dialog p{margin:8px 0;}
dialog table{margin:10px 0 16px;}
dialog td,dialog td:first-child{text-align:left;white-space:normal;min-width:0;}
kbd{font:12px var(--mono);border:1px solid var(--line);border-bottom-width:2px;border-radius:4px;padding:0 5px;background:var(--sunken);}
.paper{display:none;}
@media (max-width:1100px){aside{width:260px;}
.time .said{width:170px;}
}
@media (max-width:760px){body{overflow:auto;height:auto;min-height:100%;}
.top{flex-wrap:wrap;padding:10px 12px 6px;}
.top .name{flex:1 1 60%;}
.find{flex:1 1 100%;order:5;}
.tools{padding:4px 12px 10px;gap:8px;}
.tools .group,.tools select{flex:1 1 auto;max-width:100%;}
.tools .group > button{flex:1;padding:4px 6px;}
.tools .space{display:none;}
.time{padding:6px 12px;flex-direction:column;gap:2px;}
.time canvas{flex:none;}
.time .said{width:100%;flex-direction:row;gap:12px;justify-content:flex-start;align-items:center;}
.body{flex-direction:column;flex:none;}
.stage{height:74vh;flex:none;order:1;}
aside{order:2;width:auto !important;padding:4px 12px 24px;}
.grip{display:none;}
.status{position:sticky;bottom:0;}
.table{padding:0 4px 24px;}
th,td{padding:4px 6px;}
th:first-child,td:first-child{min-width:110px;}
.wide-only{display:none;}
}
@media print{html,body{overflow:visible;display:block;height:auto;background:none;}
.tools,.find,.top button,.time,.grip,.status,.crumbs button,.tip,dialog,.more,#part-chosen,#part-legend{display:none !important;}
.top{padding:0 0 8px;}
.body{flex-direction:column;}
.stage{order:0;flex:none;height:auto;background:none;break-inside:avoid;}
.graph,.table{overflow:visible;padding:0;flex:none;}
.graph > div{height:auto !important;}
.graph canvas{position:static;max-width:100%;height:auto !important;}
aside{order:1;width:auto !important;overflow:visible;padding:0;columns:2;}
details.part{break-inside:avoid;}
.paper{display:block;}
.paper th{position:static;}
}</style>
</head>
<body>
<header class="top">
<div class="name">
<h1 id="title">Profile</h1>
<p id="subtitle"></p>
</div>
<div class="find" id="find" role="search">
<input id="search" type="search" placeholder="Search: name, file, file:line" aria-label="Search functions by name, file or file:line" autocomplete="off" spellcheck="false">
<output id="found" for="search"></output>
<button id="unsearch" class="plain" aria-label="Clear the search" hidden>&#x2715;</button>
</div>
<button id="theme" aria-label="Switch between light and dark" title="Light or dark">&#x25D1;</button>
<button id="help" aria-label="Keys and explanations" title="Keys and explanations">?</button>
</header>
<nav class="tools" aria-label="View">
<div class="group" role="tablist" aria-label="View" id="views"></div>
<div class="group" id="by" role="group" aria-label="Merge frames"></div>
<div class="group" id="measure" role="group" aria-label="Measure"></div>
<div class="group" id="names" role="group" aria-label="Names"></div>
<label><span class="visually-hidden">Colour</span><select id="colour" title="What colours mean"></select></label>
<label id="thread-label"><span class="visually-hidden">Thread</span><select id="thread" title="Thread"></select></label>
<span class="space"></span>
<button id="export" title="Save the picture as SVG">Save SVG</button>
<button id="side-toggle" aria-pressed="true" aria-controls="side" title="Side bar">Side bar</button>
</nav>
<section class="time" id="time" aria-label="Time">
<canvas id="timeline" tabindex="0" role="slider" aria-label="Span of the recording" aria-valuemin="0" aria-valuemax="100" aria-valuenow="0"></canvas>
<div class="said"><output id="span"></output><button id="unspan" class="plain" hidden>Whole recording</button></div>
</section>
<main class="body" id="body">
<aside id="side" aria-label="About this profile"></aside>
<div class="grip" id="grip" role="separator" tabindex="0" aria-orientation="vertical" aria-label="Width of the side bar" aria-valuemin="200" aria-valuemax="600"></div>
<section class="stage" id="stage" aria-label="Profile"></section>
</main>
<footer class="status" id="status"><span class="grow" id="said" role="status" aria-live="polite"></span><span id="said-time" class="num"></span></footer>
<section class="paper" id="paper" aria-hidden="true"></section>
<div class="tip" id="tip" role="tooltip" hidden></div>
<dialog id="keys" aria-label="Keys and explanations"></dialog>
<noscript><p class="empty">This page needs its script to draw the profile.</p></noscript>
<script type="application/json" id="profile">)page"sv};

inline constexpr std::array<std::string_view, 2> flamegraph_tail{
R"page(</script>
<script>"use strict";
function bytesOf(base64){const raw=atob(base64);const bytes=new Uint8Array(raw.length);for (let i=0; i < raw.length; ++i) bytes[i]=raw.charCodeAt(i);return bytes;}
class Column{constructor(base64){this.bytes=bytesOf(base64);this.at=0;}
get more(){return this.at < this.bytes.length;}
next(){let byte=this.bytes[this.at++];if (byte < 128) return byte;let value=byte & 127;let scale=128;do{byte=this.bytes[this.at++];value +=(byte & 127) * scale;scale *=128;}while (byte >=128);return value;}
take(count){const values=new Int32Array(count);for (let i=0; i < count; ++i) values[i]=this.next();return values;}
}
class Places{constructor(column){this.column=column;this.begin();}
begin(){this.thread=this.bucket=0;}
next(){const place=this.column.next();this.bucket=(place >> 1) + (place & 1?0 : this.bucket);if (place & 1) this.thread=this.column.next();}
}
function readTree(tree,interval){const count=tree.nodes;const parent=new Int32Array(count);const frame=new Column(tree.frame).take(count);const up=new Column(tree.up);const path=[];for (let i=0,depth=-1; i < count; ++i){depth +=1 - up.next();parent[i]=depth > 0?path[depth - 1] : -1;path[depth]=i;}
const size=tree.recordCount;const records={size,node: new Int32Array(size),thread: new Int32Array(size),bucket: new Int32Array(size),samples: new Float64Array(size),time: new Float64Array(size)
};const column=new Column(tree.records);const places=new Places(column);for (let i=0,r=0; i < count; ++i){places.begin();for (let left=column.next(); left > 0; --left,++r){places.next();records.node[r]=i;records.thread[r]=places.thread;records.bucket[r]=places.bucket;records.samples[r]=column.next();const extra=column.next();records.time[r]=records.samples[r] * interval + (extra % 2?-(extra + 1) / 2 : extra / 2);}
}
return{count,parent,frame,records};}
function readProfile(text){const json=JSON.parse(text);const{functions: f,frames: r}=json;const columnOf=(base64,count)=>new Column(base64).take(count);const status={thread: [],bucket: [],bits: [],samples: []};const column=new Column(json.status);for (const places=new Places(column); column.more;){places.next();status.thread.push(places.thread);status.bucket.push(places.bucket);status.bits.push(column.next());status.samples.push(column.next());}
const sources=new Map();for (const [file,...rest] of json.sources){const lines=new Map();for (let i=0; i + 1 < rest.length; i +=2) lines.set(rest[i],rest[i + 1]);sources.set(file,lines);}
return{kind: json.kind,run: json.run,baseline: json.baseline||null,strings: json.strings,functions:{count: f.count,name: columnOf(f.name,f.count),file: columnOf(f.file,f.count),module: columnOf(f.module,f.count),line: columnOf(f.line,f.count),origin: columnOf(f.origin,f.count),match: f.match?columnOf(f.match,f.count) : null
},frames:{count: r.count,function: columnOf(r.function,r.count),line: columnOf(r.line,r.count),opcode: columnOf(r.opcode,r.count)
},opcodes: json.opcodes,threads: json.threads,buckets: json.buckets,status,sources,trees: json.trees.map((tree,i)=>readTree(tree,(i?json.baseline : json.run).interval))
};}
class Merged{constructor(profile,keyOf,keyCount){const most=1 + profile.trees.reduce((sum,tree)=>sum + tree.count,0);let slots=16;while (slots < 2 * most) slots *=2;const table=new Int32Array(slots);const parent=new Int32Array(most);const key=new Int32Array(most);key[0]=parent[0]=-1;let size=1;this.at=profile.trees.map((tree)=>{const at=new Int32Array(tree.count);for (let i=0; i < tree.count; ++i){const above=tree.parent[i] < 0?0 : at[tree.parent[i]];const wanted=keyOf[tree.frame[i]];let slot=(Math.imul(above,0x9e3779b1) ^ Math.imul(wanted + 1,0x85ebca6b)) >>> 0;slot=(slot ^ (slot >>> 15)) & (slots - 1);let node=table[slot];while (node&&(parent[node]!==above||key[node]!==wanted)){slot=(slot + 1) & (slots - 1);node=table[slot];}
if (!node){node=table[slot]=size++;parent[node]=above;key[node]=wanted;}
at[i]=node;}
return at;});this.size=size;this.parent=parent.subarray(0,size);this.key=key.subarray(0,size);this.keyCount=keyCount;}
order(weight){const{size,parent,key}=this;const start=new Int32Array(size + 1);for (let i=1; i < size; ++i) ++start[parent[i] + 1];for (let i=0; i < size; ++i) start[i + 1] +=start[i];const fill=start.slice(0,size);const child=new Int32Array(Math.max(0,size - 1));for (let i=1; i < size; ++i) child[fill[parent[i]]++]=i;const heavier=(a,b)=>weight[b] - weight[a]||a - b;for (let i=0; i < size; ++i){const from=start[i],to=start[i + 1];if (to - from > 24){child.subarray(from,to).sort(heavier);}else{for (let j=from + 1; j < to; ++j){const moving=child[j];let k=j;for (; k > from&&heavier(child[k - 1],moving) > 0; --k) child[k]=child[k - 1];child[k]=moving;}
}
}
this.start=start;this.child=child;const depth=new Int32Array(size);for (let i=1; i < size; ++i) depth[i]=depth[parent[i]] + 1;this.depth=depth;const outermost=new Uint8Array(size);const open=new Int32Array(this.keyCount);const pending=[0];while (pending.length){const node=pending.pop();if (node < 0){--open[key[~node]];continue;}
if (node > 0){if (open[key[node]]++===0) outermost[node]=1;pending.push(~node);}
for (let j=start[node]; j < start[node + 1]; ++j) pending.push(child[j]);}
this.outermost=outermost;}
rawOf(node){if (!this.rawStart){const at=this.at[0];this.rawStart=new Int32Array(this.size + 1);for (let i=0; i < at.length; ++i) ++this.rawStart[at[i] + 1];for (let i=0; i < this.size; ++i) this.rawStart[i + 1] +=this.rawStart[i];const fill=this.rawStart.slice(0,this.size);this.raw=new Int32Array(at.length);for (let i=0; i < at.length; ++i) this.raw[fill[at[i]]++]=i;}
return this.raw.subarray(this.rawStart[node],this.rawStart[node + 1]);}
}
function weighRaw(tree,thread,from,to){const samples=new Float64Array(tree.count);const time=new Float64Array(tree.count);const r=tree.records;let allSamples=0;let allTime=0;for (let i=0; i < r.size; ++i){if (thread >=0&&r.thread[i]!==thread) continue;if (r.bucket[i] < from||r.bucket[i] >=to) continue;samples[r.node[i]] +=r.samples[i];time[r.node[i]] +=r.time[i];allSamples +=r.samples[i];allTime +=r.time[i];}
return{samples,time,allSamples,allTime};}
function addUp(parent,self){const total=Float64Array.from(self);for (let i=total.length - 1; i > 0; --i) if (parent[i] >=0) total[parent[i]] +=total[i];return total;}
function gather(at,raw,size){const out=new Float64Array(size);for (let i=0; i < at.length; ++i) out[at[i]] +=raw[i];return out;}
class Selection{constructor(merged,which,raw){this.raw=raw;this.allSamples=raw.allSamples;this.allTime=raw.allTime;this.selfSamples=gather(merged.at[which],raw.samples,merged.size);this.selfTime=gather(merged.at[which],raw.time,merged.size);this.totalSamples=addUp(merged.parent,this.selfSamples);this.totalTime=addUp(merged.parent,this.selfTime);}
keys(merged){if (this.perKey) return this.perKey;const make=()=>new Float64Array(merged.keyCount);const out={selfSamples: make(),selfTime: make(),totalSamples: make(),totalTime: make()};for (let i=1; i < merged.size; ++i){const key=merged.key[i];out.selfSamples[key] +=this.selfSamples[i];out.selfTime[key] +=this.selfTime[i];if (merged.outermost[i]){out.totalSamples[key] +=this.totalSamples[i];out.totalTime[key] +=this.totalTime[i];}
}
return (this.perKey=out);}
}
class DownShape{constructor(merged,total,self){this.merged=merged;this.totals=total;this.selves=self;this.root=0;}
total(n){return this.totals[n];}
self(n){return this.selves[n];}
key(n){return this.merged.key[n];}
parent(n){return this.merged.parent[n];}
depth(n){return this.merged.depth[n];}
children(n){return this.merged.child.subarray(this.merged.start[n],this.merged.start[n + 1]);}
nodes(n){return [n];}
get size(){return this.merged.size;}
}
class BundleShape{constructor(merged,total,upward,nodes,weights,key){this.merged=merged;this.totals=total;this.upward=upward;this.list=[];this.root=0;let sum=0;for (let i=0; i < weights.length; ++i) sum +=weights[i];this.list.push({key,parent: -1,depth: 0,total: sum,nodes,weights,kids: null});}
get size(){return this.list.length;}
total(n){return this.list[n].total;}
key(n){return this.list[n].key;}
parent(n){return this.list[n].parent;}
depth(n){return this.list[n].depth;}
nodes(n){return this.list[n].nodes;}
self(n){let left=this.list[n].total;for (const kid of this.children(n)) left -=this.list[kid].total;return Math.max(0,left);}
children(n){const bundle=this.list[n];return bundle.kids||(bundle.kids=this.split(bundle,n));}
split(bundle,n){const{key,parent,start,child}=this.merged;const found=new Map();const put=(node,weight)=>{let group=found.get(key[node]);if (!group)
found.set(key[node],(group={key: key[node],parent: n,depth: bundle.depth + 1,total: 0,nodes: [],weights: [],kids: null
})
);group.nodes.push(node);group.weights.push(weight);group.total +=weight;};for (let i=0; i < bundle.nodes.length; ++i){const node=bundle.nodes[i];if (bundle.leaves){put(node,bundle.weights[i]);}else if (this.upward){if (parent[node] > 0) put(parent[node],bundle.weights[i]);}else{for (let j=start[node]; j < start[node + 1]; ++j){const below=child[j];if (this.totals[below] > 0) put(below,this.totals[below]);}
}
}
const groups=[...found.values()].sort((a,b)=>b.total - a.total||a.key - b.key);return groups.map((group)=>this.list.push(group) - 1);}
static inverted(merged,total,self){const nodes=[];const weights=[];for (let i=1; i < merged.size; ++i){if (self[i] > 0){nodes.push(i);weights.push(self[i]);}
}
const shape=new BundleShape(merged,total,true,nodes,weights,-1);shape.list[0].leaves=true;return shape;}
static around(merged,total,key,upward){const nodes=[];const weights=[];for (let i=1; i < merged.size; ++i){if (merged.key[i]===key&&merged.outermost[i]&&total[i] > 0){nodes.push(i);weights.push(total[i]);}
}
return new BundleShape(merged,total,upward,nodes,weights,key);}
}
const thin='\u2009';function count(n){return String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g,',');}
function percent(part,whole,digits=1){return whole > 0?((100 * part) / whole).toFixed(digits) + thin + '%' : '\u2013';}
function seconds(ns){const size=Math.abs(ns);if (size >=1e9) return (ns / 1e9).toFixed(size >=1e11?1 : 2) + thin + 's';if (size >=1e6) return (ns / 1e6).toFixed(size >=1e8?0 : 1) + thin + 'ms';if (size >=1e3) return (ns / 1e3).toFixed(0) + thin + '\u00b5s';return ns===0?'0' + thin + 's' : Math.round(ns) + thin + 'ns';}
function signed(text,value){return value > 0?'+' + text : text.replace('-','\u2212');}
const unseen=/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;const halves=/\p{Surrogate}/gu;function clean(text,most=400){let out=text.length > most?text.slice(0,most) + '\u2026' : text;out=out.replace(unseen,(c)=>{const code=c.charCodeAt(0);return code < 32
?String.fromCharCode(0x2400 + code)
: '\\u' + code.toString(16).padStart(4,'0');});return out.replace(halves,(c)=>'\\u' + c.charCodeAt(0).toString(16));}
function shortPath(path){const parts=path.split('/');return path.length > 50&&parts.length > 2?'\u2026/' + parts.slice(-2).join('/') : path;}
function on(target,event,act){target.addEventListener(event,act);}
function el(tag,attributes={},...content){const made=document.createElement(tag);for (const [name,value] of Object.entries(attributes)){if (name==='on'){for (const [event,act] of Object.entries(value)) on(made,event,act);}else if (value!==null&&value!==undefined&&value!==false){made.setAttribute(name,value===true?'' : value);}
}
made.append(...content.filter((c)=>c!==null&&c!==undefined&&c!==''));return made;}
function name(text,most){return el('bdi',{},clean(text,most));}
function remember(what,value){try{localStorage.setItem('tachyon-' + what,value);}catch (refused){/* a page that may not store works all the same */
}
}
function remembered(what){try{return localStorage.getItem('tachyon-' + what);}catch (refused){return null;}
}
const byId=(id)=>document.getElementById(id);
function interval(hits,samples){if (!(samples > 0)) return [0,1];const z=1.96;const p=hits / samples;const scale=1 + (z * z) / samples;const centre=(p + (z * z) / (2 * samples)) / scale;const half=(z * Math.sqrt((p * (1 - p)) / samples + (z * z) / (4 * samples * samples))) / scale;return [Math.max(0,centre - half),Math.min(1,centre + half)];}
function intervalText(hits,samples){const [low,high]=interval(hits,samples);const digits=high - low < 0.002?2 : 1;return (100 * low).toFixed(digits) + '\u2013' + (100 * high).toFixed(digits) + thin + '%';}
function change(now,then){const spread=(side)=>{if (!(side.samples > 0)) return 0;const p=(side.hits + 1) / (side.samples + 2);const each=side.hits > 0?side.value / side.hits : side.unit;return each * Math.sqrt(side.samples * p * (1 - p));};const difference=now.value - then.value;const error=Math.hypot(spread(now),spread(then));const z=error > 0?Math.abs(difference) / error : 0;return{difference,low: difference - 1.96 * error,high: difference + 1.96 * error,p: twoSided(z)
};}
function twoSided(z){const x=z / Math.SQRT2;const t=1 / (1 + 0.3275911 * x);const poly=
t *
(0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));return poly * Math.exp(-x * x);}
function judge(changes){const sorted=[...changes].sort((a,b)=>a.p - b.p);let last=-1;sorted.forEach((c,i)=>{if (c.p <=(0.05 * (i + 1)) / sorted.length) last=i;});sorted.forEach((c,i)=>{c.sure=i <=last;});}
const rowHeight=20;const narrowest=0.7;class Graph{constructor(holder,owner,flipped){this.owner=owner;this.flipped=flipped;this.holder=holder;this.canvas=el('canvas',{tabindex: '0',role: 'application'});this.tall=el('div',{},this.canvas);holder.append(this.tall);this.ink=this.canvas.getContext('2d');this.widths=new Map();this.cursor=-1;this.over=null;on(holder,'scroll',()=>this.draw());on(this.canvas,'pointermove',(event)=>this.point(event));on(this.canvas,'pointerleave',()=>this.leave());on(this.canvas,'click',(event)=>this.click(event));on(this.canvas,'keydown',(event)=>this.keyed(event));new ResizeObserver(()=>this.resize()).observe(holder);}
take(shape,zoom=shape.root){if (this.shape!==shape) this.cursor=-1;this.shape=shape;this.zoom=zoom;}
show(){const{shape,zoom}=this;const moved=this.laid!==shape||this.laidZoom!==zoom;this.laid=shape;this.laidZoom=zoom;if (moved||this.outer!==this.holder.clientWidth) this.lay();if (moved&&this.flipped) this.holder.scrollTop=this.holder.scrollHeight;this.draw();}
resize(){const{clientWidth: width,clientHeight: height}=this.holder;if (!this.shape||!width||(width===this.outer&&height===this.tallFor)) return;this.lay();this.draw();}
lay(){const style=getComputedStyle(this.holder);this.outer=this.holder.clientWidth;this.width=Math.max(1,this.outer - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight)
);const path=[];for (let n=this.zoom; n >=0; n=this.shape.parent(n)) path.unshift(n);this.rows=path.map((n)=>[{x: 0,w: this.width,node: n}]);this.zoomRow=path.length - 1;this.unit=this.shape.total(this.zoom) > 0?this.width / this.shape.total(this.zoom) : 0;this.ended=this.unit===0;this.grow();}
visibleRows(){return Math.ceil((this.holder.scrollTop + this.holder.clientHeight) / rowHeight) + 2;}
grow(all=false){const least=Math.max(this.visibleRows(),this.flipped?400 : 0) + 40;const until=performance.now() + (all?2000 : 8);while (!this.ended&&(this.rows.length < least||performance.now() < until)){const row=[];for (const block of this.rows[this.rows.length - 1]){if (block.node < 0) continue;let x=block.x;let narrow=0;let narrowCount=0;for (const child of this.shape.children(block.node)){const total=this.shape.total(child);if (!(total > 0)) continue;const w=total * this.unit;if (w >=narrowest){row.push({x,w,node: child});x +=w;}else{narrow +=total;++narrowCount;}
}
if (narrowCount&&narrow * this.unit > 0.05){row.push({x,w: Math.max(1,narrow * this.unit),node: ~block.node,total: narrow,count: narrowCount
});}
}
if (row.length) this.rows.push(row);else this.ended=true;}
const height=(this.rows.length + (this.ended?0 : 20)) * rowHeight + 8;this.tall.style.height=Math.max(height,this.flipped?this.holder.clientHeight : 0) + 'px';this.height=height;}
top(row){if (!this.flipped) return row * rowHeight;return (Math.max(this.rows.length * rowHeight,this.holder.clientHeight - 8) - (row + 1) * rowHeight
);}
draw(){if (!this.shape) return;if (!this.ended&&this.rows.length < this.visibleRows()) this.grow();const scale=window.devicePixelRatio||1;this.tallFor=this.holder.clientHeight;const height=Math.max(1,Math.min(this.tallFor,this.flipped?Infinity : Math.max(this.height,rowHeight))
);const{canvas,ink}=this;if (canvas.width!==Math.round(this.width * scale)||
canvas.height!==Math.round(height * scale)
){canvas.width=Math.round(this.width * scale);canvas.height=Math.round(height * scale);canvas.style.width=this.width + 'px';canvas.style.height=height + 'px';}
ink.setTransform(scale,0,0,scale,0,0);ink.clearRect(0,0,this.width,height);ink.font='12px ' + theme.sans;ink.textBaseline='middle';const scroll=this.holder.scrollTop;this.drawn=0;for (let r=0; r < this.rows.length; ++r){const y=this.top(r) - scroll;if (y > height||y < -rowHeight) continue;for (const block of this.rows[r]) this.block(ink,block,y,r < this.zoomRow);}
this.marks(ink,scroll);}
block(ink,block,y,above){const{x,w,node}=block;const h=rowHeight - 1;++this.drawn;if (node < 0){ink.globalAlpha=1;ink.fillStyle=theme.rest(ink);ink.fillRect(x,y,w,h);return;}
const matched=this.owner.matched(this.shape,node);const colour=
node===this.shape.root&&this.shape.key(node) < 0
?theme.root
: this.owner.colour(this.shape,node);ink.globalAlpha=above?0.55 : matched===false?0.35 : 1;ink.fillStyle=matched?theme.match.fill : colour.fill;ink.fillRect(x,y,Math.max(w - (w > 3?1 : 0),0.4),h);if (w > 24){ink.globalAlpha=above?0.85 : matched===false?0.6 : 1;ink.fillStyle=matched?theme.match.ink : colour.ink;this.words(ink,node,x + 5,y + h / 2 + 0.5,w - 10);}
ink.globalAlpha=1;}
words(ink,node,x,y,room){const key=this.shape.key(node);const label=this.owner.label(key);const shown=this.fit(ink,label,room);if (!shown) return;ink.fillText('\u2068' + shown + '\u2069',x,y);if (shown!==label) return;const used=this.measure(ink,label) + 10;const note=room - used > 50?this.fit(ink,this.owner.note(key),room - used) : '';if (!note) return;ink.globalAlpha *=0.72;ink.fillText('\u2068' + note + '\u2069',x + used,y);}
measure(ink,text){let width=this.widths.get(text);if (width===undefined){if (this.widths.size > 20000) this.widths.clear();this.widths.set(text,(width=ink.measureText(text).width));}
return width;}
fit(ink,text,room){if (text.length < 400&&this.measure(ink,text) <=room) return text;let low=0;let high=Math.min(text.length,Math.ceil(room / 2.5));while (low < high){const middle=(low + high + 1) >> 1;if (ink.measureText(text.slice(0,middle) + '\u2026').width <=room) low=middle;else high=middle - 1;}
return low > 1?text.slice(0,low) + '\u2026' : '';}
marks(ink,scroll){const outline=(hit,colour,thickness)=>{if (!hit) return;ink.strokeStyle=colour;ink.lineWidth=thickness;ink.strokeRect(hit.x + 0.5,this.top(hit.row) - scroll + 0.5,Math.max(hit.w - 2,1),rowHeight - 2
);};outline(this.over,theme.ink,1);if (this.cursor >=0) outline(this.find(this.cursor),theme.accent,2);}
find(node){const row=this.rowOf(node);const block=this.rows[row]&&this.rows[row].find((b)=>b.node===node);return block?{...block,row}: null;}
rowOf(node){return this.shape.depth(node);}
at(clientX,clientY){if (!this.shape) return null;const box=this.canvas.getBoundingClientRect();const x=clientX - box.left;const y=clientY - box.top + this.holder.scrollTop;const row=this.flipped
?Math.floor((this.top(0) + rowHeight - y) / rowHeight)
: Math.floor(y / rowHeight);const blocks=this.rows[row];if (!blocks) return null;let low=0;let high=blocks.length - 1;while (low < high){const middle=(low + high + 1) >> 1;if (blocks[middle].x <=x) low=middle;else high=middle - 1;}
const block=blocks[low];return x >=block.x&&x <=block.x + Math.max(block.w,1)?{...block,row}: null;}
point(event){const hit=this.at(event.clientX,event.clientY);const same=hit&&this.over&&hit.node===this.over.node;this.over=hit;this.canvas.style.cursor=hit?'pointer' : 'default';if (!same) this.draw();this.owner.hover(this,hit,event);}
leave(){this.over=null;this.draw();this.owner.hover(this,null,null);}
click(event){const hit=this.at(event.clientX,event.clientY);if (!hit) return;this.cursor=hit.node < 0?~hit.node : hit.node;this.owner.pick(this,this.cursor,hit);}
keyed(event){const{shape}=this;if (!shape) return;const from=this.cursor >=0?this.cursor : this.zoom;const down=this.flipped?'ArrowUp' : 'ArrowDown';const up=this.flipped?'ArrowDown' : 'ArrowUp';let to=-1;if (event.key===down){to=
this.cursor < 0
?this.zoom
: ([...shape.children(from)].find((n)=>shape.total(n) > 0)??-1);}else if (event.key===up){to=shape.parent(from);}else if (event.key==='ArrowLeft'||event.key==='ArrowRight'){const row=(this.rows[this.rowOf(from)]||[]).filter((b)=>b.node >=0);const next=row.findIndex((b)=>b.node===from) + (event.key==='ArrowLeft'?-1 : 1);if (row[next]) to=row[next].node;}else if (event.key==='Enter'||event.key===' '){event.preventDefault();if (this.cursor >=0) this.owner.pick(this,this.cursor,this.find(this.cursor));return;}else{return;}
event.preventDefault();if (to < 0) return;this.cursor=to;this.reveal(to);this.draw();this.owner.describe(this,to);}
reveal(node){const row=this.rowOf(node);while (!this.ended&&this.rows.length <=row) this.grow(true);const top=this.top(row);if (top < this.holder.scrollTop) this.holder.scrollTop=top;const bottom=top + rowHeight - this.holder.clientHeight;if (bottom > this.holder.scrollTop) this.holder.scrollTop=bottom;}
svg(title){this.grow(true);const escaped=(text)=>text.replace(/[&<>"']/g, (c) => '&#' + c.charCodeAt(0) + ';');const height=this.rows.length * rowHeight + 34;const out=[`<svg xmlns="http://www.w3.org/2000/svg" width="${Math.ceil(this.width)}" height="${height}" ` +
`font-family="sans-serif" font-size="12">`,`<rect width="100%" height="100%" fill="${theme.ground}"/>`,`<text x="4" y="18" fill="${theme.ink}">${escaped(title)}</text>`
];this.rows.forEach((row,r)=>{const y=28 + (this.flipped?this.rows.length - 1 - r : r) * rowHeight;for (const{x,w,node,count: hidden}of row){const colour=
node < 0
?{fill: theme.restPlain,ink: theme.ink}
: this.shape.key(node) < 0
?theme.root
: this.owner.colour(this.shape,node);const label=node < 0?`${hidden} more` : this.owner.label(this.shape.key(node));const shown=w > 24?this.fit(this.ink,label,w - 10) : '';out.push(`<g><title>${escaped(label)}</title><rect x="${x.toFixed(2)}" y="${y}" ` +
`width="${Math.max(w - 1, 0.4).toFixed(2)}" height="${rowHeight - 1}" fill="${colour.fill}"/>` +
(shown
?`<text x="${(x + 5).toFixed(2)}" y="${y + 14}" fill="${colour.ink}">${escaped(shown)}</text>`
: '') +
'</g>'
);}
});out.push('</svg>');this.lay();this.draw();return out.join('\n');}
}
const theme={read(){const style=getComputedStyle(document.documentElement);const value=(name)=>style.getPropertyValue(name).trim();const light=(colour)=>{const [r,g,b]=[1,3,5]
.map((i)=>parseInt(colour.slice(i,i + 2),16) / 255)
.map((c)=>(c <=0.04045?c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;};const [dark,bright]=[value('--frame-ink'),value('--frame-ink-inverse')];const edge=Math.sqrt(light(dark) * light(bright));const onto=(fill)=>({fill,ink: light(fill) > edge?dark : bright});const many=(prefix,names)=>names.map((n)=>onto(value(prefix + n)));this.sans=value('--sans');this.ground=value('--ground');this.ink=value('--ink');this.quiet=value('--quiet');this.line=value('--line');this.accent=value('--accent');this.accentSoft=value('--accent-soft');this.match=onto(value('--match'));this.root={fill: value('--sunken'),ink: value('--quiet')};this.heat=many('--heat-',[1,2,3,4,5,6,7,8]);this.up=many('--diff-up-',[1,2,3,4]);this.down=many('--diff-down-',[1,2,3,4]);[this.fresh,this.same]=many('--diff-',['new','same']);this.origin=many('--origin-',['project','stdlib','site','other']);this.restPlain=value('--rest');this.restInk=null;},rest(ink){if (!this.restInk){const tile=el('canvas',{width: 6,height: 6});const pen=tile.getContext('2d');pen.fillStyle=this.root.fill;pen.fillRect(0,0,6,6);pen.strokeStyle=this.restPlain;pen.lineWidth=1.6;for (const shift of [-6,0,6]){pen.moveTo(shift,6);pen.lineTo(shift + 6,0);}
pen.stroke();this.restInk=ink.createPattern(tile,'repeat');}
return this.restInk;}
};const heatSteps=[0,0.01,0.03,0.06,0.12,0.18,0.35,0.6];function heatOf(share){let step=0;while (step < 7&&share >=heatSteps[step + 1]) ++step;return theme.heat[step];}
class Timeline{constructor(canvas,buckets,changed){this.canvas=canvas;this.buckets=buckets;this.changed=changed;this.levels=new Float64Array(buckets.count);this.from=0;this.to=buckets.count;on(canvas,'pointerdown',(event)=>this.grab(event));on(canvas,'pointermove',(event)=>this.drag(event));on(canvas,'pointerup',()=>this.drop());on(canvas,'pointercancel',()=>this.drop());on(canvas,'keydown',(event)=>this.keyed(event));new ResizeObserver(()=>canvas.clientWidth!==this.drawnFor&&this.draw()).observe(canvas);}
get whole(){return this.from===0&&this.to===this.buckets.count;}
select(from,to){this.from=Math.max(0,Math.min(from,this.buckets.count - 1));this.to=Math.max(this.from + 1,Math.min(to,this.buckets.count));}
place(event){const box=this.canvas.getBoundingClientRect();const x=Math.max(0,Math.min(1,(event.clientX - box.left) / Math.max(1,box.width)));return Math.min(this.buckets.count - 1,Math.floor(x * this.buckets.count));}
grab(event){this.canvas.setPointerCapture(event.pointerId);this.anchor=this.place(event);this.moved=false;}
drag(event){if (this.anchor===undefined) return;const here=this.place(event);if (here===this.anchor&&!this.moved) return;this.moved=true;this.select(Math.min(here,this.anchor),Math.max(here,this.anchor) + 1);if (!this.waiting){this.waiting=true;requestAnimationFrame(()=>{this.waiting=false;this.changed(this.from,this.to);});}
}
drop(){if (this.anchor===undefined) return;this.anchor=undefined;if (!this.moved) this.select(0,this.buckets.count);this.changed(this.from,this.to);}
keyed(event){const step=Math.max(1,Math.round(this.buckets.count / 50));const by=event.key==='ArrowLeft'?-step : event.key==='ArrowRight'?step : 0;if (by){if (this.whole&&!event.shiftKey) this.select(0,Math.ceil(this.buckets.count / 5));else if (event.shiftKey) this.select(this.from,this.to + by);else if (this.from + by >=0&&this.to + by <=this.buckets.count)
this.select(this.from + by,this.to + by);}else if (event.key==='Escape'){this.select(0,this.buckets.count);event.stopPropagation();}else{return;}
event.preventDefault();this.changed(this.from,this.to);}
draw(){const width=this.canvas.clientWidth;const height=this.canvas.clientHeight;this.drawnFor=width;if (!width||!height) return;const scale=window.devicePixelRatio||1;this.canvas.width=width * scale;this.canvas.height=height * scale;const ink=this.canvas.getContext('2d');ink.scale(scale,scale);ink.fillStyle=theme.root.fill;ink.fillRect(0,0,width,height);const count=this.buckets.count;const columns=Math.min(count,Math.floor(width));let top=0;const columnLevels=[];for (let c=0; c < columns; ++c){const from=Math.floor((c * count) / columns);const to=Math.max(from + 1,Math.floor(((c + 1) * count) / columns));let sum=0;for (let b=from; b < to; ++b) sum +=this.levels[b];columnLevels.push([from,sum / (to - from)]);top=Math.max(top,sum / (to - from));}
columnLevels.forEach(([from,level],c)=>{const h=top > 0?(level / top) * (height - 4) : 0;const inside=from >=this.from&&from < this.to;ink.fillStyle=inside?theme.accent : theme.line;ink.globalAlpha=inside?0.5 : 1;const x=Math.round((c * width) / columns);ink.fillRect(x,height - h,Math.round(((c + 1) * width) / columns) - x,h);});ink.globalAlpha=1;if (!this.whole){ink.strokeStyle=theme.accent;ink.lineWidth=2;const x=(this.from / count) * width;ink.strokeRect(x + 1,1,Math.max(2,((this.to - this.from) / count) * width - 2),height - 2
);}
}
}
class Model{constructor(profile){this.profile=profile;this.diff=profile.kind==='diff';this.cache=new Map();const{frames}=profile;const match=profile.functions.match;const byFunction=match?frames.function.map((f)=>match[f]) : frames.function;const lines=new Map();const keyFunction=[];const keyLine=[];const byLine=new Int32Array(frames.count);for (let i=0; i < frames.count; ++i){const id=frames.function[i] * 2147483648 + frames.line[i];let key=lines.get(id);if (key===undefined){lines.set(id,(key=keyFunction.length));keyFunction.push(frames.function[i]);keyLine.push(frames.line[i]);}
byLine[i]=key;}
this.keys={function:{of: byFunction,count: profile.functions.count,functionOf: (k)=>k,lineOf: (k)=>profile.functions.line[k]
},line:{of: byLine,count: keyFunction.length,functionOf: (k)=>keyFunction[k],lineOf: (k)=>keyLine[k]
}
};let any=0;for (const tree of profile.trees) for (const t of tree.records.time) any +=t;this.hasTime=any > 0;this.hasOpcodes=profile.opcodes.length > 1;}
once(id,make){const{cache}=this;let known=cache.get(id);if (known===undefined){known=make();}else if (id[0]==='@'){cache.delete(id);}else{return known;}
cache.set(id,known);const few=Math.max(10,Math.min(60,1e7 / (1 + this.profile.trees[0].count)));if (cache.size > few + 15){let left=few;for (const old of [...cache.keys()].reverse())
if (old[0]==='@'&&--left < 0) cache.delete(old);}
return known;}
merged(by){return this.once('merged ' + by,()=>{const source=
this.diff&&by==='line'
?{...this.profile,trees: [this.profile.trees[0]]}
: this.profile;const merged=new Merged(source,this.keys[by].of,this.keys[by].count);const{selfTime,selfSamples}=this.all(merged,0);const weight=addUp(merged.parent,this.hasTime?selfTime : selfSamples);if (this.diff&&by==='function'){const before=this.all(merged,1);const more=addUp(merged.parent,this.hasTime?before.selfTime : before.selfSamples);for (let i=0; i < weight.length; ++i) weight[i] +=more[i] * 1e-6;}
merged.order(weight);return merged;});}
all(merged,which){return new Selection(merged,which,this.rawAll(which));}
rawAll(which){return this.once('raw ' + which,()=>weighRaw(this.profile.trees[which],-1,0,Infinity));}
selection(s){const spanned=s.from > 0||s.to < this.profile.buckets.count||s.thread >=0;const id=`${s.thread} ${s.from} ${s.to}`;const raw=spanned
?this.once('@raw ' + id,()=>weighRaw(this.profile.trees[0],s.thread,s.from,s.to))
: this.rawAll(0);const merged=this.merged(s.by);return this.once(`@sel ${s.by} ${id}`,()=>new Selection(merged,0,raw));}
value(s,what){return s.measure==='samples'?what + 'Samples' : what + 'Time';}
scale(s){const{run,baseline}=this.profile;if (s.measure==='samples')
return run.interval > 0&&baseline.interval > 0?baseline.interval / run.interval : 1;if (s.measure!=='share') return 1;const now=this.rawAll(0).allTime;const then=this.rawAll(1).allTime;return then > 0?now / then : 1;}
baseline(s){return this.once(`base ${s.by} ${s.measure}`,()=>{const scale=this.scale(s);const flat=this.merged('function');const then=this.once('base selection',()=>this.all(flat,1));const times=(values)=>values.map((v)=>v * scale);const selfFlat=times(then[this.value(s,'self')]);const totalFlat=times(then[this.value(s,'total')]);if (s.by==='function') return{self: selfFlat,total: totalFlat,samples: then.selfSamples};const now=this.all(flat,0);const lines=this.merged('line');const fine=this.all(lines,0);const home=new Int32Array(lines.size);lines.at[0].forEach((node,raw)=>{home[node]=flat.at[0][raw];});const selfNow=now[this.value(s,'self')],totalNow=now[this.value(s,'total')];const selfFine=fine[this.value(s,'self')],totalFine=fine[this.value(s,'total')];const self=new Float64Array(lines.size);const total=new Float64Array(lines.size);for (let i=0; i < lines.size; ++i){const f=home[i];const below=totalNow[f] - selfNow[f];const share=totalNow[f] > 0?totalFine[i] / totalNow[f] : 0;self[i]=selfFlat[f] * (selfNow[f] > 0?selfFine[i] / selfNow[f] : share);total[i]=
self[i] +
(totalFlat[f] - selfFlat[f]) * (below > 0?(totalFine[i] - selfFine[i]) / below : share);}
return{self,total,samples: null};});}
vanished(s){return this.once('vanished ' + s.measure,()=>{const merged=this.merged('function');const now=this.all(merged,0);const then=this.baseline({...s,by: 'function'});const self=new Float64Array(merged.size);let count=0;for (let i=1; i < merged.size; ++i){if (now.totalSamples[i]===0&&then.self[i] > 0){self[i]=then.self[i];++count;}
}
return{merged,self,total: addUp(merged.parent,self),count};});}
shape(s,part){const id=`@shape ${s.view} ${part} ${s.by} ${s.measure} ${s.thread} ${s.from} ${s.to} ${s.focus}`;return this.once(id,()=>{if (s.view==='vanished'){const{merged,self,total}=this.vanished(s);return new DownShape(merged,total,self);}
const merged=this.merged(s.by);const selection=this.selection(s);const total=selection[this.value(s,'total')];const self=selection[this.value(s,'self')];if (s.view==='inverted') return BundleShape.inverted(merged,total,self);if (s.view==='sandwich')
return BundleShape.around(merged,total,s.focus,part==='callers');return new DownShape(merged,total,self);});}
rows(s){return this.once(`@rows ${s.by} ${s.measure} ${s.thread} ${s.from} ${s.to}`,()=>{const selection=this.selection(s);const per=selection.keys(this.merged(s.by));const rows=[];for (let key=0; key < per.totalSamples.length; ++key){if (per.totalSamples[key] > 0){rows.push({key,self: per[this.value(s,'self')][key],total: per[this.value(s,'total')][key],selfSamples: per.selfSamples[key],totalSamples: per.totalSamples[key],selfTime: per.selfTime[key],totalTime: per.totalTime[key]
});}
}
return rows;});}
changes(s){return this.once(`changes ${s.measure}`,()=>{const merged=this.merged('function');const scale=this.scale(s);const now=this.all(merged,0);const then=this.once('base selection',()=>this.all(merged,1));const a=now.keys(merged);const b=then.keys(merged);const side=(selection,keys,what,key,by)=>{const value=keys[this.value(s,what)][key] * by;const whole=(s.measure==='samples'?selection.allSamples : selection.allTime) * by;return{hits: keys[what + 'Samples'][key],samples: selection.allSamples,value,unit: selection.allSamples > 0?whole / selection.allSamples : 0
};};const rows=[];for (let key=0; key < merged.keyCount; ++key){if (!(a.totalSamples[key] > 0||b.totalSamples[key] > 0)) continue;const self=change(side(now,a,'self',key,1),side(then,b,'self',key,scale));const total=change(side(now,a,'total',key,1),side(then,b,'total',key,scale));rows.push({key,selfNow: a[this.value(s,'self')][key],selfThen: b[this.value(s,'self')][key] * scale,totalNow: a[this.value(s,'total')][key],totalThen: b[this.value(s,'total')][key] * scale,self,total
});}
judge(rows.map((r)=>r.self));judge(rows.map((r)=>r.total));return rows;});}
changed(s,key){return this.once('changed ' + s.measure,()=>new Map(this.changes(s).map((r)=>[r.key,r]))
).get(key);}
distinct(){let n=0;for (const samples of this.rawAll(0).samples) if (samples > 0) ++n;return n;}
searchTexts(){return this.once('texts',()=>{const{functions: f,strings}=this.profile;return Array.from(f.name,(text,i)=>
[text,f.file[i],f.module[i]]
.map((t)=>strings[t])
.join('\n')
.toLowerCase()
);});}
search(s){if (!s.query) return null;return this.once(`@search ${s.by} ${s.measure} ${s.thread} ${s.from} ${s.to} ${s.view} ${s.query}`,()=>{const{functions,frames}=this.profile;const query=s.query.toLowerCase();const place=/^(.+):(\d+)$/.exec(query);const texts=this.searchTexts();const hit=new Uint8Array(functions.count);const near=place?new Uint8Array(functions.count) : null;for (let i=0; i < functions.count; ++i){hit[i]=texts[i].includes(query)?1 : 0;if (place){const [,file,module]=texts[i].split('\n').slice(-3);near[i]=
file.endsWith(place[1])||
module.endsWith(place[1])||
shortPath(file).endsWith(place[1])
?1
: 0;}
}
const line=place?Number(place[2]) : 0;const frame=new Uint8Array(frames.count);const keyHit=new Uint8Array(this.keys[s.by].count);const functionHit=new Set();for (let i=0; i < frames.count; ++i){const f=frames.function[i];if (hit[f]||(place&&near[f]&&frames.line[i]===line)){frame[i]=1;functionHit.add(f);keyHit[this.keys[s.by].of[i]]=1;}
}
const vanishedView=s.view==='vanished';const which=vanishedView?1 : 0;const tree=this.profile.trees[which];const raw=vanishedView?this.rawAll(1) : this.selection(s).raw;const weight=s.measure==='samples'?raw.samples : raw.time;const covered=new Uint8Array(tree.count);let sum=0;let whole=0;for (let i=0; i < tree.count; ++i){covered[i]=frame[tree.frame[i]]||(tree.parent[i] >=0?covered[tree.parent[i]] : 0);whole +=weight[i];if (covered[i]) sum +=weight[i];}
let exact=null;if (place){const merged=vanishedView?this.merged('function') : this.merged(s.by);exact=new Uint8Array(merged.size);merged.at.forEach((at,t)=>
at.forEach((node,r)=>{if (frame[this.profile.trees[t].frame[r]]) exact[node]=1;})
);}
return{keyHit,exact,functions: functionHit.size,sum,whole};}
);}
detail(s,nodes){const merged=this.merged(s.by);const{raw}=this.selection(s);const weight=s.measure==='samples'?raw.samples : raw.time;const tree=this.profile.trees[0];const total=this.once(`@rawtotal ${s.measure} ${s.thread} ${s.from} ${s.to}`,()=>{const sum=Float64Array.from(weight);for (let i=tree.count - 1; i >=0; --i)
if (tree.parent[i] >=0) sum[tree.parent[i]] +=sum[i];return sum;});const samples=this.hasOpcodes
?this.once(`@rawsamples ${s.thread} ${s.from} ${s.to}`,()=>{const sum=Float64Array.from(raw.samples);for (let i=tree.count - 1; i >=0; --i)
if (tree.parent[i] >=0) sum[tree.parent[i]] +=sum[i];return sum;})
: null;const lines=new Map();const opcodes=new Map();let seen=0;for (const node of nodes){if ((seen +=1) > 20000) break;for (const r of merged.rawOf(node)){if (!(total[r] > 0)) continue;const f=tree.frame[r];const line=this.profile.frames.line[f];lines.set(line,(lines.get(line)||0) + total[r]);const opcode=this.profile.frames.opcode[f];if (samples&&opcode) opcodes.set(opcode,(opcodes.get(opcode)||0) + samples[r]);}
}
const sorted=(map)=>[...map].sort((a,b)=>b[1] - a[1]||a[0] - b[0]);return{lines: sorted(lines),opcodes: sorted(opcodes)};}
states(s){const{status}=this.profile;const out={all: 0,gil: 0,cpu: 0,unknown: 0,waiting: 0,exception: 0,gc: 0,cut: 0};for (let i=0; i < status.bits.length; ++i){if (s.thread >=0&&status.thread[i]!==s.thread) continue;if (status.bucket[i] < s.from||status.bucket[i] >=s.to) continue;const n=status.samples[i];const bits=status.bits[i];out.all +=n;if (bits & 1) out.gil +=n;if (bits & 2) out.cpu +=n;if (bits & 4) out.unknown +=n;if (bits & 8) out.waiting +=n;if (bits & 16) out.exception +=n;if (bits & 64) out.gc +=n;if (bits & 256) out.cut +=n;}
return out;}
levels(thread){const out=new Float64Array(this.profile.buckets.count);const r=this.profile.trees[0].records;for (let i=0; i < r.size; ++i){if (thread < 0||r.thread[i]===thread) out[r.bucket[i]] +=r.samples[i];}
return out;}
}
function referenceData(model){const{profile}=model;const strings=[];const known=new Map();const text=(value)=>{if (!known.has(value)) known.set(value,strings.push(value) - 1);return known.get(value);};const merged=model.merged('line');const selection=model.all(merged,0);const{keys}=model;const nodes=[];for (let i=0; i < merged.size; ++i){const node={name: 0,label: 0,value: selection.totalSamples[i],self: selection.selfSamples[i],children: [],threads: [],thread_values:{}
};if (i > 0){const f=keys.line.functionOf(merged.key[i]);const line=keys.line.lineOf(merged.key[i]);const of=(column)=>profile.strings[profile.functions[column][f]];node.name=text(`${of('name')} (${shortPath(of('file'))}:${line})`);node.label=text(`${of('name')} (${of('module')}:${line})`);node.filename=text(of('file'));node.module=text(of('module'));node.lineno=line;node.funcname=text(of('name'));const source=excerpt(profile,profile.functions.file[f],line,2);if (source.length){node.source=source.map((l)=>
text(`${l.number === line ? '\u2192 ' : '  '}${l.number}: ${l.text}`)
);}
nodes[merged.parent[i]].children.push(node);}
nodes.push(node);}
const tree=profile.trees[0];const{records}=tree;for (let r=0; r < records.size; ++r){const tid=profile.threads[records.thread[r]].id;let node=merged.at[0][records.node[r]];const leaf=node;for (; node >=0; node=merged.parent[node]){const values=nodes[node].thread_values[tid]||(nodes[node].thread_values[tid]=[0,0]);values[0] +=records.samples[r];if (node===leaf) values[1] +=records.samples[r];}
}
if (model.hasOpcodes){const raw=Float64Array.from(model.rawAll(0).samples);for (let i=tree.count - 1; i >=0; --i){if (tree.parent[i] >=0) raw[tree.parent[i]] +=raw[i];const opcode=profile.frames.opcode[tree.frame[i]];if (!opcode) continue;const node=nodes[merged.at[0][i]];const number=profile.opcodes[opcode].number;node.opcodes=node.opcodes||{};node.opcodes[number]=(node.opcodes[number]||0) + raw[i];}
}
for (const node of nodes){node.threads=Object.keys(node.thread_values)
.map(Number)
.sort((a,b)=>a - b);node.children.sort((a,b)=>b.value - a.value);}
let root=nodes[0];if (root.children.length===1&&root.children[0].value===root.value){root=root.children[0];root.name=text('Program Root: ' + strings[root.name]);root.label=text('Program Root: ' + strings[root.label]);}else{root.name=root.label=text('Program Root');}
const statistics=(thread)=>{const s=model.states({thread,from: 0,to: profile.buckets.count});const part=(n)=>(s.all > 0?(100 * n) / s.all : 0);return{has_gil: s.gil,on_cpu: s.cpu,gil_requested: s.waiting,unknown: s.unknown,has_exception: s.exception,total: s.all,gc_samples: s.gc,has_gil_pct: part(s.gil),on_cpu_pct: part(s.cpu),gil_requested_pct: part(s.waiting),has_exception_pct: part(s.exception),gc_pct: part(s.gc)
};};const{run}=profile;const t=run.trust;const opcodes=profile.opcodes.slice(1);return{...root,threads: profile.threads.map((thread)=>thread.id).sort((a,b)=>a - b),strings,stats:{sample_interval_usec: run.interval / 1000,duration_sec: run.duration / 1e9,sample_rate: run.duration > 0?t.ticks / (run.duration / 1e9) : 0,error_rate: t.attempts > 0?(100 * (t.attempts - t.valid)) / t.attempts : 0,missed_samples: t.ticks + t.missed > 0?(100 * t.missed) / (t.ticks + t.missed) : 0,mode: run.modeNumber,thread_stats:{...statistics(-1),free_threaded: run.freeThreaded},per_thread_stats: Object.fromEntries(profile.threads.map((thread,i)=>[thread.id,statistics(i)])
)
},opcode_mapping:{names: Object.fromEntries(opcodes.map((o)=>[o.number,o.name])),deopt: Object.fromEntries(opcodes
.filter((o)=>o.specialized)
.map((o)=>{const base=opcodes.find((b)=>b.name===o.base);return [o.number,base?base.number : o.base];})
)
}
};}
function excerpt(profile,file,line,around){const lines=profile.sources.get(file);const out=[];for (let n=line - around; lines&&n <=line + around; ++n){if (lines.has(n)) out.push({number: n,text: lines.get(n)});}
return out.some((l)=>l.number===line)?out : [];}
function bar(label,part,whole,level){const fill=el('i');fill.style.width=(whole > 0?Math.min(100,(100 * part) / whole) : 0) + '%';return el('div',{class: 'bar','data-level': level},el('div',{},el('span',{},label),el('span',{class: 'num'},percent(part,whole))),el('div',{class: 'track'},fill)
);}
function facts(pairs){const list=el('dl',{class: 'facts'});for (const pair of pairs) if (pair) list.append(el('dt',{},pair[0]),el('dd',{},pair[1]));return list;}
class Panels{constructor(app){this.app=app;this.side=document.getElementById('side');this.tip=document.getElementById('tip');const closed=new Set((remembered('parts')||'').split(',').filter(Boolean));const part=(id,title,open=true)=>{const inside=el('div');const details=el('details',{class: 'part',id: 'part-' + id,open: open!==closed.has(id)},el('summary',{},title),inside
);on(details,'toggle',()=>{if (details.open===open) closed.delete(id);else closed.add(id);remember('parts',[...closed].join(','));});this.side.append(details);return inside;};this.chosen=part('chosen','Selected');this.chosen.className='chosen';this.summary=part('summary','Summary');this.spots=part('spots','Where the time goes');this.trust=part('trust','How far to trust it');this.states=part('states','Thread states');this.legend=part('legend','Colours');this.about=part('about','The run',false);}
all(){this.showChosen();this.showSummary();this.showSpots();this.showTrust();this.showStates();this.showLegend();this.showAbout();}
showSummary(){const{model,state}=this.app;const{run,buckets,baseline}=model.profile;const selection=model.selection(state);const rows=model.rows(state);const spanned=state.from > 0||state.to < buckets.count;const span=spanned
?Math.min((state.to - state.from) * buckets.width,run.duration)
: run.duration;const functions=new Set(rows.map((r)=>model.keys[state.by].functionOf(r.key)));const card=(title,value,id)=>[el('dt',{},title),el('dd',{id},value)];const column=(...cards)=>cards.map((c)=>el('div',{},...c));const cards=column(card('Samples',count(selection.allSamples),'card-samples'),card(spanned?'Span' : 'Duration',seconds(span),'card-duration'),card('Sampled time',seconds(selection.allTime),'card-time'),card('Rate',run.duration > 0&&run.trust.ticks > 0
?count(run.trust.ticks / (run.duration / 1e9)) + thin + '/s'
: '\u2013','card-rate'
),card('Functions',count(functions.size),'card-functions'),card('Threads',count(model.profile.threads.length),'card-threads')
);this.summary.replaceChildren(el('dl',{class: 'cards'},...cards));if (baseline){const then=model.rawAll(1);this.summary.append(facts([['Baseline samples',count(then.allSamples)],['Baseline sampled time',seconds(then.allTime)],['Baseline multiplied by',model.scale(state).toPrecision(4)],['Vanished stacks',count(model.vanished(state).count)]
])
);}
}
showSpots(){const{model,state}=this.app;const all=model.value(state,'all');const whole=model.selection(state)[all];const byFunction=model
.rows({...state,by: 'function'})
.filter((r)=>r.self > 0.005 * whole)
.sort((a,b)=>b.self - a.self)
.slice(0,3);this.spots.replaceChildren(...byFunction.map((row,i)=>{const label=this.app.functionName(model.keys.function.functionOf(row.key));const place=this.app.place('function',row.key);return el('button',{class: 'spot','data-spot': i,'aria-pressed': state.query===label?'true' : 'false',on:{click: ()=>this.app.set({query: state.query===label?'' : label})}
},el('b',{},name(label,120)),el('div',{class: 'row'},el('span',{},name(place,80)),el('span',{class: 'num'},percent(row.self,whole) + ' self')
)
);})
);if (!byFunction.length)
this.spots.append(el('p',{class: 'quiet'},'No function has more than 0.5\u2009% of its own.')
);}
showTrust(){const{run}=this.app.model.profile;const t=run.trust;if (!t.attempts){this.trust.replaceChildren(el('p',{class: 'quiet'},'The recording does not tell how the reads went.')
);return;}
const lost=t.attempts - t.valid;const lostShare=t.attempts > 0?lost / t.attempts : 0;const missedShare=t.ticks + t.missed > 0?t.missed / (t.ticks + t.missed) : 0;const firstShare=t.attempts > 0?t.first_rejected / t.attempts : 0;const level=
lostShare > 0.15||missedShare > 0.25||t.valid < 50
?'bad'
: lostShare > 0.05||missedShare > 0.05||firstShare > 0.2||t.valid < 400
?'warn'
: 'good';const remarks=[];if (t.valid < 400) remarks.push(`Only ${count(t.valid)} samples: the intervals are wide.`);if (lostShare > 0.05)
remarks.push('Many stacks could not be read; what changes quickly is under-represented.');if (firstShare > 0.2)
remarks.push('Many first reads were refused; fast-changing stacks may be under-represented.');if (missedShare > 0.05)
remarks.push('The profiler came late; a lower rate would be more regular.');const text=remarks.length
?remarks.join(' ')
: 'Nearly every stack asked for was read, at the times planned.';this.trust.replaceChildren(el('p',{class: 'verdict','data-level': level},text),bar('Stacks read',t.valid,t.attempts,lostShare > 0.15?'bad' : lostShare > 0.05?'warn' : ''
),bar('Ticks missed',t.missed,t.ticks + t.missed,missedShare > 0.25?'bad' : missedShare > 0.05?'warn' : ''
),facts([['Looks at the target',count(t.ticks)],['Stacks asked for',count(t.attempts)],['Stacks read',count(t.valid)],['\u2026 different ones',count(t.distinct||this.app.model.distinct())],['First reads refused',count(t.first_rejected)],['Read after a retry',count(t.retried)],['Given up',count(t.given_up)],['Late ticks',count(t.late)],['Missed ticks',count(t.missed)],t.exact + t.fast + t.blocking > 0&&['Exact / fast / stopped',`${count(t.exact)} / ${count(t.fast)} / ${count(t.blocking)}`
],t.reused_checked > 0&&['Reuse checked / wrong',`${count(t.reused_checked)} / ${count(t.reused_wrong)}`
],['Time spanned',seconds(t.wall)],['Clock',run.fixedClock?'fixed grid' : 'jittered'],['Profiler CPU',seconds(t.profiler_cpu)],t.target_cost > 0&&['Cost to the target',percent(t.target_cost,1,2)]
]),el('p',{class: 'quiet'},'Shares carry 95\u2009% intervals. They say how far chance alone may have moved a figure, ' +
'not what was never seen.'
)
);}
showStates(){const{model,state}=this.app;const s=model.states(state);const mode=model.profile.run.mode;const content=[];if (s.all > 0){if (mode!=='gil'&&!model.profile.run.freeThreaded){content.push(bar('Holds the GIL',s.gil,s.all),bar('Does not hold it',s.all - s.gil,s.all),bar('Waits for the GIL',s.waiting,s.all)
);}
if (s.unknown < s.all) content.push(bar('On a CPU',s.cpu,s.all - s.unknown));content.push(bar('Garbage collection',s.gc,s.all),bar('Handling an exception',s.exception,s.all)
);if (s.cut) content.push(bar('Stack incomplete',s.cut,s.all,'warn'));}else{content.push(el('p',{class: 'quiet'},'No samples in this selection.'));}
this.states.replaceChildren(...content);}
showLegend(){const{model,state}=this.app;const list=el('div',{class: 'legend'});const add=(colour,text)=>{const patch=el('i');patch.style.background=colour.fill||colour;list.append(patch,el('span',{},text));};if (state.view==='vanished'){add(theme.fresh,'stack of the baseline that is gone');}else if (model.diff){add(theme.fresh,'new');['up to +30 %','up to +50 %','up to +100 %','more than doubled'].forEach((t,i)=>
add(theme.up[i],t)
);add(theme.same,'within \u00b115 %');['down to \u221230 %','down to \u221250 %','down to \u2212100 %','no self time left'
].forEach((t,i)=>add(theme.down[i],t));}else if (state.colour==='origin'){['project','standard library','site-packages','other'].forEach((t,i)=>
add(theme.origin[i],t)
);}else{const what=state.colour==='self'?'of the whole by itself' : 'of the whole';for (let i=7; i >=0; --i){add(theme.heat[i],i===7?`60\u2009% and more ${what}` : i?`from ${100 * heatSteps[i]}\u2009%` : 'below'
);}
}
const rest=el('i');rest.style.background=`repeating-linear-gradient(135deg, ${theme.restPlain} 0 1.5px, transparent 1.5px 4px)`;list.append(rest,el('span',{},'several frames too narrow to draw'));add(theme.match,'found by the search');this.legend.replaceChildren(list);}
showAbout(){const{run,baseline,kind}=this.app.model.profile;const one=(r)=>
facts([['Command',name(r.command||'\u2013',600)],['Process',String(r.process||'\u2013')],['Python',r.python],['Mode',r.mode],['Interval asked for',r.interval > 0?seconds(r.interval) : '\u2013'],r.started > 0&&['Started',new Date(r.started / 1e6).toISOString().replace('T',' ').slice(0,19) + ' UTC'
],['Options',r.options.join(', ')||'none'],r.replayed&&['Made from','a recording'],r.interrupted&&['Ended','by interruption']
]);this.about.replaceChildren(one(run));if (baseline) this.about.append(el('h3',{},'Baseline'),one(baseline));this.about.append(el('p',{class: 'quiet'},(kind==='diff'?'Differential flame graph' : 'Flame graph') +
' by tachyon ' +
run.version +
'.'
)
);}
numbers(graph,node){const{model,state}=this.app;const{shape}=graph;const gone=state.view==='vanished';const selection=model.selection(state);const unit=(v)=>this.app.amount(v);const whole=gone?shape.total(shape.root) : selection[model.value(state,'all')];const total=shape.total(node);const self=shape.self(node);const n=selection.allSamples;const share=(v)=>(whole > 0?v / whole : 0);const rows=[];if (shape.key(node) < 0){rows.push(['Total',unit(total)]);}else{const zoomed=shape.total(graph.zoom);rows.push(['Total',`${unit(total)} \u00b7 ${percent(total, whole)}`]);if (!gone) rows.push(['\u2026 95\u2009% interval',intervalText(share(total) * n,n)]);rows.push([shape.upward?'Starts here' : 'Self',`${unit(self)} \u00b7 ${percent(self, whole)}`
]);if (!shape.upward&&!gone)
rows.push(['\u2026 95\u2009% interval',intervalText(share(self) * n,n)]);if (graph.zoom!==shape.root) rows.push(['Of the zoomed frame',percent(total,zoomed)]);}
let kids=0;for (const kid of shape.children(node)) if (shape.total(kid) > 0) ++kids;rows.push([shape.upward?'Callers' : 'Callees',count(kids)]);if (model.diff&&shape instanceof DownShape&&shape.key(node) >=0){const then=gone?null : model.baseline(state);const was=then?then.self[node] : self;const wasTotal=then?then.total[node] : total;const now=gone?0 : self;rows.push(['Baseline total',unit(wasTotal)],['Baseline self',unit(was)],['Self changed by',signed(unit(now - was),now - was) +
(was > 0
?` \u00b7 ${signed(((100 * (now - was)) / was).toFixed(0) + thin + '%', now - was)}`
: now > 0
?' \u00b7 new'
: '')
]
);}
return rows;}
source(state,shape,node){const{model}=this.app;const key=shape.key(node);if (key < 0||state.view==='vanished') return [];const{profile}=model;const detail=model.detail(state,shape.nodes(node));const f=model.keys[state.by].functionOf(key);const out=[];const top=detail.lines.length?detail.lines[0][0] : 0;const lines=excerpt(profile,profile.functions.file[f],top,2);if (lines.length){const pre=el('pre');const indent=Math.min(...lines.filter((l)=>l.text.trim()).map((l)=>l.text.search(/\S/))
);for (const line of lines){const row=el('span',line.number===top?{class: 'now'}:{});row.append((line.number===top?'\u2192' : ' ') + String(line.number).padStart(5) + '  ',clean(line.text.slice(indent),110),'\n'
);pre.append(row);}
out.push(pre);}
if (detail.lines.length > 1&&state.by==='function'){const whole=shape.total(node);out.push(el('p',{class: 'quiet'},'Lines: ' +
detail.lines
.slice(0,5)
.map(([line,v])=>`${line} (${percent(v, whole, 0)})`)
.join(', ') +
(detail.lines.length > 5?` and ${detail.lines.length - 5} more` : '')
)
);}
if (detail.opcodes.length){const sum=detail.opcodes.reduce((a,o)=>a + o[1],0);const grid=el('div',{class: 'ops'});for (const [opcode,n] of detail.opcodes.slice(0,8)){const o=profile.opcodes[opcode];const fill=el('i');fill.style.width=(100 * n) / sum + '%';grid.append(el('span',{},o.name,o.specialized?el('span',{class: 'badge'},'SPECIALIZED') : ''),el('div',{class: 'track'},fill),el('span',{class: 'num'},`${count(n)} \u00b7 ${percent(n, sum)}`)
);}
out.push(grid);}
return out;}
showTip(graph,hit,event){const{app,tip}=this;if (!hit||!event||event.pointerType==='touch'){tip.hidden=true;return;}
const id=[graph.shape,hit.node,app.state.query];if (!this.tipFor||this.tipFor.some((v,i)=>v!==id[i])||tip.hidden){this.tipFor=id;if (hit.node < 0){tip.replaceChildren(el('h3',{},`${count(hit.count)} frames too narrow to draw`),facts([['Together',`${app.amount(hit.total)} \u00b7 ${percent(hit.total, graph.shape.total(graph.shape.root))}`
]
]),el('div',{class: 'hint'},'Click to zoom into their caller')
);}else{const key=graph.shape.key(hit.node);tip.replaceChildren(el('h3',{},name(app.label(key),500)),el('div',{class: 'where'},name(app.place(app.by(),key,true),500)),facts(this.numbers(graph,hit.node)),...this.source(app.state,graph.shape,hit.node),el('div',{class: 'hint'},'Click to zoom and select')
);}
tip.hidden=false;}
const box=tip.getBoundingClientRect();const x=
event.clientX + 16 + box.width > innerWidth
?Math.max(8,event.clientX - box.width - 12)
: event.clientX + 16;const y=
event.clientY + 16 + box.height > innerHeight
?Math.max(8,event.clientY - box.height - 12)
: event.clientY + 16;tip.style.left=x + 'px';tip.style.top=y + 'px';}
showChosen(){const{app}=this;const graph=app.chosenGraph;const node=app.chosenNode;const inGraph=
graph&&graph.shape&&node > 0&&node < graph.shape.size&&graph.shape.total(node) > 0;if (!inGraph&&!(app.state.view==='sandwich'&&app.state.focus >=0)){this.chosen.replaceChildren(el('p',{class: 'quiet'},'Click a frame to zoom into it and to see its figures here.')
);return;}
const key=inGraph?graph.shape.key(node) : app.state.focus;const f=app.model.keys[app.by()].functionOf(key);const act=(text,patch,id)=>el('button',{id,on:{click: ()=>app.set(patch)}},text);this.chosen.replaceChildren(el('div',{},el('b',{},name(app.label(key),300)),el('div',{class: 'quiet'},name(app.place(app.by(),key,true),300))
),inGraph?facts(this.numbers(graph,node)) : '',...(inGraph?this.source(app.state,graph.shape,node) : []),el('p',{class: 'acts'},app.state.view==='vanished'
?''
: act('Callers and callees',{view: 'sandwich',focus: key},'act-sandwich'),act('Search',{query: app.functionName(f)},'act-search'),act('In the table',{view: 'table',query: app.functionName(f)},'act-table')
)
);}
table(limit){const{model,state}=this.app;if (model.diff) return this.changeTable(limit);const selection=model.selection(state);const whole=selection[model.value(state,'all')];const n=selection.allSamples;const found=model.search(state);const columns=[['name',state.by==='line'?'Line' : 'Function',''],['self','Self',''],['self','Self %',''],[null,'95\u2009% interval','wide-only'],['total','Total',''],['total','Total %',''],['samples','Samples','wide-only']
];let rows=model.rows(state);if (found) rows=rows.filter((r)=>found.keyHit[r.key]);const order=
{name: (a,b)=>this.app.label(a.key).localeCompare(this.app.label(b.key)),self: (a,b)=>b.self - a.self||b.total - a.total||a.key - b.key,total: (a,b)=>b.total - a.total||b.self - a.self||a.key - b.key,samples: (a,b)=>b.totalSamples - a.totalSamples||a.key - b.key
}[state.sort]||(()=>0);rows=[...rows].sort(order);if (state.backwards) rows.reverse();const body=rows
.slice(0,limit)
.map((r)=>
el('tr',{'data-key': r.key},this.nameCell(r.key),el('td',{},this.app.amount(r.self)),this.shareCell(r.self,whole),el('td',{class: 'quiet wide-only'},intervalText(whole > 0?(r.self / whole) * n : 0,n)
),el('td',{},this.app.amount(r.total)),this.shareCell(r.total,whole),el('td',{class: 'quiet wide-only'},`${count(r.selfSamples)} / ${count(r.totalSamples)}`)
)
);return this.grid(columns,body,rows.length,'Functions of the selection, with self and total figures'
);}
changeTable(limit){const{model,state}=this.app;const found=model.search({...state,by: 'function'});const columns=[['name','Function',''],['now','Self now',''],['then','Self before',''],['self','Changed by',''],[null,'95\u2009% interval','wide-only'],[null,'Verdict',''],['total','Total changed by','wide-only']
];let rows=model.changes(state);if (found) rows=rows.filter((r)=>found.keyHit[r.key]);const size=(c)=>Math.abs(c.difference);const order=
{name: (a,b)=>this.app.label(a.key).localeCompare(this.app.label(b.key)),now: (a,b)=>b.selfNow - a.selfNow,then: (a,b)=>b.selfThen - a.selfThen,total: (a,b)=>size(b.total) - size(a.total)
}[state.sort]||((a,b)=>size(b.self) - size(a.self)||size(b.total) - size(a.total));rows=[...rows].sort((a,b)=>order(a,b)||a.key - b.key);if (state.backwards) rows.reverse();const moved=(c)=>
el('span',{class: c.sure?(c.difference > 0?'up' : 'down') : 'quiet'},signed(this.app.amount(c.difference),c.difference)
);const body=rows
.slice(0,limit)
.map((r)=>
el('tr',{'data-key': r.key,'data-sure': r.self.sure?'yes' : 'no'},this.nameCell(r.key),el('td',{},this.app.amount(r.selfNow)),el('td',{},this.app.amount(r.selfThen)),el('td',{},moved(r.self)),el('td',{class: 'quiet wide-only'},`${signed(this.app.amount(r.self.low), r.self.low)} \u2026 ${signed(this.app.amount(r.self.high), r.self.high)}`
),el('td',{},r.self.sure?'beyond noise' : el('span',{class: 'quiet'},'within noise')),el('td',{class: 'wide-only'},moved(r.total))
)
);return this.grid(columns,body,rows.length,'Functions of both runs, by how much they changed'
);}
nameCell(key){const{app}=this;const found=el('button',{title: 'Callers and callees',on:{click: ()=>app.set({view: 'sandwich',focus: key})}},name(app.label(key),300)
);return el('td',{},found,el('br'),el('small',{},name(app.place(app.by(),key),300)));}
)page"sv,
R"page(shareCell(value,whole){const cell=el('td',{class: 'share'},percent(value,whole));cell.style.setProperty('--w',(whole > 0?(100 * value) / whole : 0) + '%');return cell;}
grid(columns,body,all,caption){const{app}=this;const head=columns.map(([sort,title,kind])=>{const active=sort&&sort===app.state.sort;const sorted=active
?(sort==='name')!==app.state.backwards
?'ascending'
: 'descending'
: null;return el('th',{scope: 'col',class: kind||null,'aria-sort': sorted},sort
?el('button',{'data-sort': sort,on:{click: ()=>app.set({sort,backwards: active&&!app.state.backwards})}
},title
)
: title
);});const table=el('table',{},el('caption',{class: 'visually-hidden'},caption),el('thead',{},el('tr',{},...head)),el('tbody',{},...body)
);const out=[table];if (!all) out.push(el('p',{class: 'empty'},'Nothing to list.'));if (all > body.length){out.push(el('p',{class: 'more'},el('button',{id: 'more',on:{click: ()=>app.more()}},`Show more (${count(all - body.length)} left)`
)
)
);}
return out;}
}
class App{constructor(model){this.model=model;const{profile}=model;this.labels=new Map();const samplesOnly=!model.hasTime;this.fresh={view: 'flame',by: 'function',measure: samplesOnly?'samples' : model.diff?profile.run.diffBy||'time' : 'time',names: 'module',colour: 'self',thread: -1,from: 0,to: profile.buckets.count,query: '',zoom: [],focus: -1,sort: 'self',backwards: false
};this.state={...this.fresh};this.limit=200;this.views=model.diff
?[['flame','Difference'],['vanished','Vanished'],['table','Changes'],['inverted','Inverted'],['sandwich','Sandwich']
]
: [['flame','Flame graph'],['inverted','Inverted'],['sandwich','Sandwich'],['table','Table']
];this.build();this.panels=new Panels(this);this.readAddress();this.show();on(window,'hashchange',()=>{this.readAddress();this.show();});}
by(){return this.state.view==='vanished'||(this.model.diff&&this.state.view==='table')
?'function'
: this.state.by;}
functionName(f){return this.model.profile.strings[this.model.profile.functions.name[f]];}
label(key){if (key < 0) return this.rootLabel;const id=this.by() + key;let label=this.labels.get(id);if (label===undefined){const keys=this.model.keys[this.by()];label=clean(this.functionName(keys.functionOf(key))||'(no name)',1000);if (this.by()==='line'&&keys.lineOf(key) > 0) label +=':' + keys.lineOf(key);this.labels.set(id,label);}
return label;}
place(by,key,full=false){if (key < 0) return '';const{functions,strings}=this.model.profile;const keys=this.model.keys[by];const f=keys.functionOf(key);const line=keys.lineOf(key);const module=strings[functions.module[f]];const file=strings[functions.file[f]];const base=full?file : this.state.names==='module'&&module?module : shortPath(file);return base + (line > 0&&file!=='~'?':' + line : '');}
amount(value){if (this.state.measure==='samples'){const whole=Math.abs(value - Math.round(value)) < 0.05;return whole?count(value) : value.toFixed(1);}
if (this.model.diff&&this.state.measure==='share')
return percent(value,this.model.rawAll(0).allTime,2);return seconds(value);}
note(key){return clean(this.place(this.by(),key),200);}
colour(shape,node){const{model,state}=this;if (state.view==='vanished') return theme.fresh;const key=shape.key(node);if (model.diff){if (shape instanceof DownShape)
return this.diffColour(shape.self(node),model.baseline(state).self[node]);const changed=model.changed(state,this.translate(key,state.by,'function'));return changed?this.diffColour(changed.selfNow,changed.selfThen) : theme.same;}
if (state.colour==='origin')
return (theme.origin[model.profile.functions.origin[model.keys[this.by()].functionOf(key)]]||
theme.origin[3]
);const whole=model.selection(state)[model.value(state,'all')];const own=state.colour==='self'&&!shape.upward?shape.self(node) : shape.total(node);return heatOf(whole > 0?own / whole : 0);}
diffColour(now,was){if (was===0) return now > 0?theme.fresh : theme.same;const moved=(now - was) / was;const size=Math.abs(moved);const step=size < 0.15?-1 : size < 0.3?0 : size < 0.5?1 : size < 1?2 : 3;return step < 0?theme.same : (moved > 0?theme.up : theme.down)[step];}
matched(shape,node){if (!this.found) return null;const key=shape.key(node);if (key < 0) return null;if (this.found.exact&&shape instanceof DownShape) return this.found.exact[node]===1;return this.found.keyHit[key]===1;}
hover(graph,hit,event){this.panels.showTip(graph,hit,event);if (hit&&hit.node >=0) this.describe(graph,hit.node);else if (hit) this.say(`${count(hit.count)} frames too narrow to draw`,this.amount(hit.total));else this.say('','');}
describe(graph,node){const{shape}=graph;const whole=shape.total(shape.root);const key=shape.key(node);this.say([this.label(key),clean(this.place(this.by(),key),300)].filter(Boolean).join('   '),`${this.amount(shape.total(node))} \u00b7 ${percent(shape.total(node), whole)}`
);}
say(text,numbers){byId('said').textContent=text;byId('said-time').textContent=numbers;}
pick(graph,node){this.chosenGraph=graph;this.chosenNode=node;this.panels.tip.hidden=true;if (this.state.view==='sandwich'){graph.draw();this.panels.showChosen();return;}
const path=[];for (let n=node; graph.shape.parent(n) >=0; n=graph.shape.parent(n))
path.unshift(graph.shape.key(n));this.set({zoom: path});}
set(patch){const before=this.state;this.state={...before,...patch};const{state}=this;if (state.focus!==before.focus) this.chosenNode=-1;if (state.view!==before.view||state.by!==before.by){if (!patch.zoom) state.zoom=[];this.limit=200;this.chosenNode=-1;}
if (state.by!==before.by&&state.focus >=0&&patch.focus===undefined)
state.focus=this.translate(state.focus,before.by,state.by);this.show();this.writeAddress();}
translate(key,from,to){const f=this.model.keys[from].functionOf(key);if (to==='function')
return this.model.profile.functions.match?this.model.profile.functions.match[f] : f;let best=-1;let most=-1;for (const row of this.model.rows({...this.state,by: 'line'})){if (this.model.keys.line.functionOf(row.key)===f&&row.total > most){most=row.total;best=row.key;}
}
return best;}
more(){this.limit +=1000;this.show();}
static letters={view: 'v',by: 'b',measure: 'm',names: 'n',colour: 'c',thread: 'th',from: 'a',to: 'e',query: 'q',zoom: 'z',focus: 'f',sort: 's',backwards: 'r'
};writeAddress(){const parts=[];for (const [field,letter] of Object.entries(App.letters)){const value=this.state[field];if (String(value)===String(this.fresh[field])) continue;parts.push(letter + '=' + encodeURIComponent(Array.isArray(value)?value.join('.') : String(value))
);}
const fragment='#' + parts.join('&');if (fragment!==(location.hash||'#')) history.replaceState(null,'',fragment);}
readAddress(){const state={...this.fresh};const given=new URLSearchParams(location.hash.slice(1));const{profile,keys}=this.model;const integer=(letter,low,high,fallback)=>{const text=given.get(letter);const value=/^-?\d{1,9}$/.test(text||'')?Number(text) : NaN;return value >=low&&value <=high?value : fallback;};const choice=(field,allowed)=>{const value=given.get(App.letters[field]);if (allowed.includes(value)) state[field]=value;};choice('view',this.views.map((v)=>v[0])
);choice('by',['function','line']);choice('measure',this.measures.map((m)=>m[0])
);choice('names',['module','path']);choice('colour',['self','total','origin']);choice('sort',['name','self','total','samples','now','then']);state.backwards=given.get('r')==='true';state.thread=integer('th',-1,profile.threads.length - 1,-1);state.from=integer('a',0,profile.buckets.count - 1,0);state.to=integer('e',state.from + 1,profile.buckets.count,profile.buckets.count);state.focus=integer('f',-1,keys[state.by].count - 1,-1);state.query=(given.get('q')||'').slice(0,500);state.zoom=(given.get('z')||'')
.split('.')
.filter((k)=>/^\d{1,9}$/.test(k))
.map(Number);this.state=state;}
build(){const{model}=this;const{run,baseline,threads}=model.profile;byId('title').textContent=clean(run.command||'Profile',300);byId('title').title=clean(run.command||'',2000);const total=model.rawAll(0);const parts=[model.diff?'difference to a baseline' : '',run.mode + ' mode',run.duration > 0?seconds(run.duration) : '',count(total.allSamples) + (total.allSamples===1?' sample' : ' samples'),run.python?'Python ' + run.python : '',run.process?'process ' + run.process : ''
];byId('subtitle').textContent=parts.filter(Boolean).join(' \u00b7 ');if (baseline) byId('subtitle').title='Baseline: ' + clean(baseline.command||'',500);const group=(id,choices,field,tabs)=>
byId(id).append(...choices.map(([value,text,title])=>
el('button',tabs
?{role: 'tab','data-value': value,title}
:{'data-value': value,'aria-pressed': 'false',title: title||null},text
)
)
);const wire=(id,field)=>
on(byId(id),'click',(event)=>{const button=event.target.closest('button');if (button) this.set({[field]: button.dataset.value});});group('views',this.views,'view',true);group('by',[['function','By function','One frame for each function'],['line','By line','One frame for each line']
]);this.measures=model.diff
?[['time','Time','Compare sampled seconds'],['samples','Samples','Compare sample counts, scaled by the intervals'],['share','Share','Compare shares of the whole']
]
: [['time','Time','Sampled time'],['samples','Samples','Number of samples']
];if (!model.hasTime) this.measures=this.measures.filter((m)=>m[0]==='samples');group('measure',this.measures);group('names',[['module','Modules','Module names'],['path','Paths','File paths']
]);wire('views','view');wire('by','by');wire('measure','measure');wire('names','names');on(byId('views'),'keydown',(event)=>{const step=event.key==='ArrowRight'?1 : event.key==='ArrowLeft'?-1 : 0;const at=this.views.findIndex((v)=>v[0]===this.state.view);if (!step||!this.views[at + step]) return;this.set({view: this.views[at + step][0]});byId('views').children[at + step].focus();});byId('colour').append(...[['self','Colour: self'],['total','Colour: total'],['origin','Colour: origin']
].map(([value,text])=>el('option',{value},text))
);byId('colour').hidden=model.diff;on(byId('colour'),'change',(event)=>this.set({colour: event.target.value}));const weights=new Map();const{records}=model.profile.trees[0];for (let i=0; i < records.size; ++i)
weights.set(records.thread[i],(weights.get(records.thread[i])||0) + records.samples[i]);const order=threads
.map((t,i)=>i)
.sort((a,b)=>(weights.get(b)||0) - (weights.get(a)||0)||a - b);byId('thread').append(el('option',{value: -1},`All ${threads.length} threads`),...order.map((i)=>
el('option',{value: i},clean(this.threadName(i),60) + ` (${count(weights.get(i) || 0)})`)
)
);byId('thread-label').hidden=threads.length < 2||model.diff;on(byId('thread'),'change',(event)=>this.set({thread: Number(event.target.value)}));this.timeline=new Timeline(byId('timeline'),model.profile.buckets,(from,to)=>
this.set({from,to})
);byId('time').hidden=model.diff||model.profile.buckets.count < 2;on(byId('unspan'),'click',()=>this.set({from: 0,to: model.profile.buckets.count}));let waiting=0;on(byId('search'),'input',(event)=>{clearTimeout(waiting);waiting=setTimeout(()=>this.set({query: event.target.value}),120);});on(byId('search'),'keydown',(event)=>{if (event.key==='Enter') this.nextMatch(event.shiftKey?-1 : 1);if (event.key!=='Escape') return;event.stopPropagation();event.preventDefault();this.set({query: ''});});on(byId('unsearch'),'click',()=>{this.set({query: ''});byId('search').focus();});on(byId('theme'),'click',()=>
this.setTheme(document.documentElement.dataset.theme==='dark'?'light' : 'dark',true)
);on(byId('export'),'click',()=>this.saveSvg());on(byId('side-toggle'),'click',()=>this.toggleSide());on(byId('help'),'click',()=>byId('keys').showModal());this.buildHelp();this.buildGrip();on(document,'keydown',(event)=>this.keyed(event));on(window,'beforeprint',()=>this.paper());on(window,'afterprint',()=>this.setTheme(this.themeBeforePrint,false));const stage=byId('stage');this.crumbs=el('div',{class: 'crumbs'});const pane=(id)=>el('div',{class: 'graph',id});this.panes={main: pane('graph'),callers: pane('callers'),callees: pane('callees'),table: el('div',{class: 'table',id: 'table'}),seam: el('div',{class: 'seam',id: 'seam'}),empty: el('p',{class: 'empty',id: 'empty'})
};stage.append(this.crumbs,this.panes.empty,this.panes.main,this.panes.callers,this.panes.seam,this.panes.callees,this.panes.table
);this.graphs={main: new Graph(this.panes.main,this,false),callers: new Graph(this.panes.callers,this,true),callees: new Graph(this.panes.callees,this,false)
};this.graphs.main.canvas.setAttribute('aria-label','Flame graph. Arrow keys walk the frames, Enter zooms, Escape zooms out. The Table view has the same figures as text.'
);this.graphs.callers.canvas.setAttribute('aria-label','Callers of the function, nearest at the bottom. Arrow keys walk the frames.'
);this.graphs.callees.canvas.setAttribute('aria-label','Callees of the function, nearest at the top. Arrow keys walk the frames.'
);}
threadName(i){const t=this.model.profile.threads[i];return ((t.python||t.name||(t.main?'main' : 'thread')) +
' ' +
t.id +
(t.process!==this.model.profile.run.process?` of ${t.process}` : '') +
(t.interpreter?` in interpreter ${t.interpreter}` : '')
);}
buildHelp(){const key=(keys,text)=>
el('tr',{},el('td',{},...keys.flatMap((k)=>[el('kbd',{},k),' '])),el('td',{},text)
);byId('keys').append(el('h2',{},'Keys'),el('table',{},el('tbody',{},key(['/'],'search; Enter goes from hit to hit'),key(['Esc'],'clear the search, then zoom out'),key(['1','\u2026','4'],'views'),key(['l'],'by function or by line'),key(['i'],'inverted or not'),key(['s'],'side bar'),key(['d'],'dark or light'),key(['\u2190','\u2191','\u2192','\u2193','Enter'],'in the graph: walk and zoom; on the strip: move the span, with Shift its end'
)
)
),el('h2',{},'Reading the page'),el('p',{},'Each bar is a function, as wide as the time it was on the stack; below it stand its callees. ' +
'Inverted goes from what was running to its callers. Sandwich shows one function between all its callers and all its callees.'
),el('p',{},'Drag on the strip above the graph to select a part of the recording. ' +
'Nothing is left out: what is too narrow to draw is drawn together, hatched.'
),el('p',{},'The address of this page holds the view.'),el('p',{},'For scripts, EMBEDDED_DATA is the profile with the member names of CPython\u2019s own profiler.'
),el('form',{method: 'dialog'},el('button',{},'Close'))
);}
buildGrip(){const side=byId('side');const grip=byId('grip');const width=(w)=>{const kept=Math.max(200,Math.min(600,w));side.style.width=kept + 'px';grip.setAttribute('aria-valuenow',Math.round(kept));return Math.round(kept);};const stored=Number(remembered('side-width'));if (stored >=200) width(stored);on(grip,'pointerdown',(event)=>grip.setPointerCapture(event.pointerId));on(grip,'pointermove',(event)=>{if (grip.hasPointerCapture(event.pointerId))
remember('side-width',width(event.clientX - side.getBoundingClientRect().left));});on(grip,'keydown',(event)=>{const by=event.key==='ArrowLeft'?-20 : event.key==='ArrowRight'?20 : 0;if (by) remember('side-width',width(side.getBoundingClientRect().width + by));});this.showSide(remembered('side')!=='closed');}
toggleSide(){const open=byId('body').classList.contains('without-side');this.showSide(open);remember('side',open?'open' : 'closed');}
showSide(open){byId('body').classList.toggle('without-side',!open);byId('side-toggle').setAttribute('aria-pressed',String(open));}
setTheme(kind,keep){document.documentElement.dataset.theme=kind;if (keep) remember('theme',kind);theme.read();if (!this.panels) return;this.timeline.draw();this.panels.showLegend();for (const graph of Object.values(this.graphs)) graph.draw();}
keyed(event){if (event.target.closest('input, select, dialog')||
event.ctrlKey||
event.metaKey||
event.altKey
)
return;const number=Number(event.key);if (number >=1&&number <=this.views.length) this.set({view: this.views[number - 1][0]});else if (event.key==='/') byId('search').focus();else if (event.key==='Escape') this.set(this.state.query?{query: ''}:{zoom: []});else if (event.key==='l') this.set({by: this.state.by==='line'?'function' : 'line'});else if (event.key==='i')
this.set({view: this.state.view==='inverted'?'flame' : 'inverted'});else if (event.key==='s') this.toggleSide();else if (event.key==='d') byId('theme').click();else if (event.key==='?') byId('keys').showModal();else return;event.preventDefault();}
show(){const{model,state}=this;const began=performance.now();if (state.view==='sandwich'&&state.focus < 0) state.focus=this.hottest();const press=(id,value,attribute)=>{for (const button of byId(id).children)
button.setAttribute(attribute,String(button.dataset.value===value));};press('views',state.view,'aria-selected');for (const tab of byId('views').children)
tab.tabIndex=tab.dataset.value===state.view?0 : -1;press('by',this.by(),'aria-pressed');press('measure',state.measure,'aria-pressed');press('names',state.names,'aria-pressed');byId('colour').value=state.colour;byId('thread').value=state.thread;this.showTime();this.found=model.search({...state,by: this.by()});this.showFound();const whole=model.selection(state).allSamples;const nothing=!whole&&state.view!=='vanished'&&!model.diff;this.rootLabel=
state.view==='vanished'
?'stacks of the baseline that are gone'
: state.thread >=0
?this.threadName(state.thread)
: model.profile.threads.length > 1
?'all threads'
: 'all samples';const on={main: !nothing&&['flame','inverted','vanished'].includes(state.view),callers: !nothing&&state.view==='sandwich',table: !nothing&&state.view==='table',empty: nothing
};on.callees=on.seam=on.callers;for (const [id,element] of Object.entries(this.panes)) element.hidden=!on[id];byId('export').disabled=!on.main&&!on.callees;if (nothing) this.showEmpty();if (on.main) this.findGraph();if (on.callers) this.showSandwich();if (on.table) this.panes.table.replaceChildren(...this.panels.table(this.limit));this.showCrumbs(on);this.panels.all();if (this.timeChanged) this.timeline.draw();if (on.main) this.graphs.main.show();if (on.callers){this.graphs.callers.show();this.graphs.callees.show();}
this.took=performance.now() - began;}
hottest(){let best=-1;let most=-1;for (const row of this.model.rows(this.state)){if (row.self > most){most=row.self;best=row.key;}
}
return best;}
findGraph(){const shape=this.model.shape(this.state,'main');let node=shape.root;for (const key of this.state.zoom){let next=-1;for (const kid of shape.children(node)){if (shape.key(kid)===key&&shape.total(kid) > 0){next=kid;break;}
}
if (next < 0) break;node=next;}
const{main}=this.graphs;main.take(shape,node);if (node!==shape.root&&this.chosenNode < 0){this.chosenGraph=main;this.chosenNode=node;}
}
showSandwich(){const{state,model}=this;const row=model.rows(state).find((r)=>r.key===state.focus);const whole=model.selection(state)[model.value(state,'all')];this.panes.seam.replaceChildren(el('b',{},name(this.label(state.focus),300)),el('span',{class: 'quiet'},name(this.place(state.by,state.focus),200)),el('span',{class: 'num'},row
?`total ${this.amount(row.total)} \u00b7 ${percent(row.total, whole)}, self ${this.amount(row.self)} \u00b7 ${percent(row.self, whole)}`
: 'not in this selection'
)
);this.graphs.callers.take(model.shape(state,'callers'));this.graphs.callees.take(model.shape(state,'callees'));}
showEmpty(){const{run}=this.model.profile;const any=this.model.rawAll(0).allSamples > 0;this.panes.empty.textContent=any
?'No samples in this selection. Choose a longer span or another thread.'
: `No samples. ${count(run.trust.ticks)} looks at the target in ${seconds(run.duration)} yielded no stack in ${run.mode} mode.`;}
showCrumbs(on){const{state}=this;const text={flame: this.model.diff
?'Width: this run. Colour: change of self time against the baseline.'
: 'From the first caller at the top down to what was running.',inverted: 'From what was running at the top down to its callers.',sandwich: 'Callers above, callees below.',vanished: 'Stacks that the baseline had and this run has not. Width: the baseline.',table: this.model.diff
?'Of all changes called beyond noise, about one in twenty may be chance.'
: 'Click a name for its callers and callees.'
}[state.view];let zoomed=null;if (on.main&&state.zoom.length){zoomed=el('button',{id: 'unzoom',on:{click: ()=>this.set({zoom: []})}},'Zoom out');const{shape,zoom: node}=this.graphs.main;this.crumbs.replaceChildren(zoomed,el('span',{},'Zoomed: ',name(this.label(shape.key(node)),200),` \u00b7 ${percent(shape.total(node), shape.total(shape.root))} of the whole`
)
);}else{this.crumbs.replaceChildren(el('span',{},text));}
}
showTime(){const{state,model,timeline}=this;const{buckets,run}=model.profile;const shown=[state.thread,state.from,state.to].join();this.timeChanged=this.timeShown!==shown;if (!this.timeChanged) return;this.timeShown=shown;timeline.levels=model.once('@levels ' + state.thread,()=>model.levels(state.thread));timeline.select(state.from,state.to);const end=Math.min(state.to * buckets.width,Math.max(run.duration,buckets.width));const text=timeline.whole
?`0 \u2013 ${seconds(end)}: drag to select a part`
: `${seconds(state.from * buckets.width)} \u2013 ${seconds(end)}`;byId('span').textContent=text;byId('unspan').hidden=timeline.whole;byId('timeline').setAttribute('aria-valuetext',text);byId('timeline').setAttribute('aria-valuenow',Math.round((100 * state.from) / buckets.count));}
nextMatch(step){const graph=this.state.view==='sandwich'?this.graphs.callees : this.graphs.main;if (!this.found||!graph.shape||this.state.view==='table') return;graph.grow(true);const blocks=graph.rows
.flat()
.filter((b)=>b.node >=0&&this.matched(graph.shape,b.node))
.sort((a,b)=>b.w - a.w);if (!blocks.length) return;const at=blocks.findIndex((b)=>b.node===graph.cursor);const next=blocks[at < 0?0 : (at + step + blocks.length) % blocks.length].node;graph.cursor=next;graph.reveal(next);graph.draw();this.describe(graph,next);this.chosenGraph=graph;this.chosenNode=next;this.panels.showChosen();}
showFound(){const{found,state}=this;const box=byId('search');if (document.activeElement!==box||!state.query) box.value=state.query;byId('unsearch').hidden=!state.query;byId('find').dataset.found=!found?'' : found.functions?'some' : 'none';byId('found').textContent=!found
?''
: found.functions
?`${count(found.functions)} \u00b7 ${percent(found.sum, found.whole)}`
: 'nothing found';}
saveSvg(){const graph=this.state.view==='sandwich'?this.graphs.callees : this.graphs.main;const text=graph.svg(byId('title').textContent + ' \u2013 ' + byId('subtitle').textContent);const link=el('a',{href: URL.createObjectURL(new Blob([text],{type: 'image/svg+xml'})),download: 'flamegraph.svg'
});this.saved=text;link.click();setTimeout(()=>URL.revokeObjectURL(link.href),10000);}
paper(){this.themeBeforePrint=document.documentElement.dataset.theme;this.setTheme('light',false);byId('paper').replaceChildren(el('h2',{},'Functions'),...this.panels.table(60));}
}
function start(){const dark=matchMedia('(prefers-color-scheme: dark)');const stored=remembered('theme');document.documentElement.dataset.theme=
stored==='dark'||stored==='light'?stored : dark.matches?'dark' : 'light';theme.read();const model=new Model(readProfile(byId('profile').textContent));const app=new App(model);on(dark,'change',()=>{if (!remembered('theme')) app.setTheme(dark.matches?'dark' : 'light',false);});const reference=()=>referenceData(model);window.tachyon={app,model,reference,ready: performance.now()};Object.defineProperty(window,'EMBEDDED_DATA',{get: reference});setTimeout(()=>model.searchTexts(),100);}
start();
</script>
</body>
</html>
)page"sv};

inline constexpr std::array<std::string_view, 1> heatmap_index_head{
R"page(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-Hy9esP+evPDNCQVN6hR+iINnPqZqp2uGUPTumevUohk='; script-src 'sha256-6D2qCoRtflCoF4i/hN/7DqkUbv9LnvHixr/rYTqq3So='; img-src data: blob:; base-uri 'none'; form-action 'none'">
<meta name="generator" content="tachyon">
<title>)page"sv};

inline constexpr std::array<std::string_view, 1> heatmap_index_body{
R"page(</title>
<style>:root{color-scheme:light;--ground:#fbfaf8;--panel:#ffffff;--sunken:#f3f1ec;--line:#e2ded6;--ink:#23211d;--quiet:#68635a;--accent:#0b6e6e;--accent-soft:#d9ecea;--good:#2f7d4f;--warn:#a86200;--bad:#b3332b;--match:#b5e0f0;--heat-1:#f1ece0;--heat-2:#f5e5c4;--heat-3:#f8d9a0;--heat-4:#f8c87c;--heat-5:#f5b05c;--heat-6:#ee9148;--heat-7:#e3703b;--heat-8:#cb452c;--diff-up-1:#f6d5c8;--diff-up-2:#f0b09a;--diff-up-3:#e37f66;--diff-up-4:#c94a38;--diff-down-1:#d3e2f2;--diff-down-2:#a8c8e8;--diff-down-3:#70a3d6;--diff-down-4:#3a74b4;--diff-new:#b79be0;--diff-same:#e9e6df;--origin-project:#f3b56a;--origin-stdlib:#b9d3c2;--origin-site:#b9c9e6;--origin-other:#e4e0d8;--frame-ink:#241f18;--frame-ink-inverse:#ffffff;--rest:#d8d3c8;--shadow:0 6px 24px rgb(40 32 20 / 16%);--sans:system-ui,-apple-system,'Segoe UI','Noto Sans','DejaVu Sans',sans-serif;--mono:ui-monospace,'SF Mono','Cascadia Mono','Noto Sans Mono','DejaVu Sans Mono',monospace;}
:root[data-theme='dark']{color-scheme:dark;--ground:#191a1c;--panel:#212326;--sunken:#2a2c30;--line:#393c41;--ink:#ebe8e1;--quiet:#a9a69e;--accent:#63c3bd;--accent-soft:#23403f;--good:#6fc08d;--warn:#e3a951;--bad:#f08a7e;--match:#7cc4dd;--heat-1:#38373a;--heat-2:#4a4339;--heat-3:#5f4e37;--heat-4:#7b5c36;--heat-5:#9a6b37;--heat-6:#bd7b3a;--heat-7:#dd8a43;--heat-8:#fb9d58;--diff-up-1:#56403b;--diff-up-2:#7d4c42;--diff-up-3:#b05d4d;--diff-up-4:#e8806c;--diff-down-1:#3a4552;--diff-down-2:#3f5a78;--diff-down-3:#5286b8;--diff-down-4:#76b0ea;--diff-new:#a58ad6;--diff-same:#3a3a3d;--origin-project:#c98945;--origin-stdlib:#4d6a5a;--origin-site:#4a5b7c;--origin-other:#434347;--frame-ink:#100e0b;--frame-ink-inverse:#ffffff;--rest:#4c4b4a;--shadow:0 6px 24px rgb(0 0 0 / 50%);}
*{box-sizing:border-box;}
[hidden]{display:none !important;}
html,body{height:100%;margin:0;}
body{background:var(--ground);color:var(--ink);font:14px/1.45 var(--sans);-webkit-text-size-adjust:100%;}
button,input,select{font:inherit;color:inherit;background:var(--panel);border:1px solid var(--line);border-radius:6px;padding:4px 10px;min-height:30px;}
button{cursor:pointer;}
button:hover{background:var(--sunken);}
button[aria-pressed='true'],[role='tab'][aria-selected='true']{background:var(--accent-soft);border-color:var(--accent);color:var(--ink);}
:focus-visible{outline:2px solid var(--accent);outline-offset:1px;}
h1,h2,h3,p,dl,dd{margin:0;}
bdi{unicode-bidi:isolate;}
.num{font-variant-numeric:tabular-nums;}
.quiet{color:var(--quiet);}
.plain{border:0;background:none;padding:2px 6px;min-height:0;}
.visually-hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap;}
body{display:flex;flex-direction:column;}
a{color:var(--accent);text-decoration:none;}
a:hover{text-decoration:underline;}
.top{display:flex;flex-wrap:wrap;align-items:center;gap:8px 12px;padding:10px 20px;background:var(--panel);border-bottom:1px solid var(--line);}
.top .name{flex:1 1 260px;min-width:0;}
.top h1{font-size:15px;font-weight:600;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;}
.top p{color:var(--quiet);font-size:12.5px;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;}
.group{display:inline-flex;}
.group > button{border-radius:0;margin-left:-1px;font-size:13px;}
.group > button:first-child{border-radius:6px 0 0 6px;margin-left:0;}
.group > button:last-child{border-radius:0 6px 6px 0;}
.group > [aria-pressed='true']{position:relative;}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(128px,1fr));gap:12px 24px;padding:16px 20px;}
.cards dt{color:var(--quiet);font-size:12px;}
.cards dd{font-size:17px;font-variant-numeric:tabular-nums;}
.track{height:5px;border-radius:3px;background:var(--sunken);overflow:hidden;margin-top:4px;}
.track i{display:block;height:100%;background:var(--accent);}
.track[data-level='warn'] i{background:var(--warn);}
.track[data-level='bad'] i{background:var(--bad);}
.track[data-level='good'] i{background:var(--good);}
.empty{padding:32px 20px;color:var(--quiet);}
.files{padding:0 20px 60px;max-width:1100px;width:100%;}
.files .acts{display:flex;flex-wrap:wrap;gap:8px;padding:4px 0 12px;position:sticky;top:0;background:var(--ground);z-index:1;}
.files .acts input{flex:1 1 200px;}
.files details{border-left:1px solid var(--line);margin-left:7px;padding-left:12px;}
.files > div > details{border:0;margin:0 0 8px;padding:0;}
.files summary{cursor:pointer;padding:3px 0;display:flex;gap:8px;align-items:baseline;list-style:none;}
.files summary::-webkit-details-marker{display:none;}
.files summary::before{content:'\25B8';color:var(--quiet);font-size:11px;width:10px;}
.files details[open] > summary::before{content:'\25BE';}
.files > div > details > summary{font-weight:600;font-size:15px;border-bottom:1px solid var(--line);}
.files summary .num{margin-left:auto;color:var(--quiet);font-weight:400;font-size:12.5px;white-space:nowrap;}
.file{display:grid;grid-template-columns:minmax(0,1fr) 120px 190px;gap:12px;align-items:center;padding:3px 0 3px 18px;font-size:13.5px;}
.file a{overflow:hidden;text-overflow:ellipsis;white-space:nowrap;}
.file .num{text-align:right;color:var(--quiet);font-size:12.5px;white-space:nowrap;}
.file .track{margin:0;}
.file .track i{background:var(--heat-6);}
.code{display:flex;flex:1;min-height:0;}
.lines{flex:1;min-width:0;overflow:auto;scroll-padding-top:30px;padding-bottom:60vh;font:12.5px/20px var(--mono);position:relative;}
.chunk{content-visibility:auto;min-width:max-content;}
.head,.row{display:grid;grid-template-columns:64px 70px 70px 46px minmax(300px,1fr);min-width:max-content;}
.head{position:sticky;top:0;z-index:2;background:var(--panel);border-bottom:1px solid var(--line);font:12px/26px var(--sans);color:var(--quiet);}
.head span{text-align:right;padding-right:10px;}
.head span:last-child{text-align:left;padding-left:12px;}
.row > .n{text-align:right;padding-right:10px;color:var(--quiet);text-decoration:none;border:0;}
.row > .n:hover{text-decoration:underline;}
.row > .s,.row > .t{text-align:right;padding-right:10px;font-variant-numeric:tabular-nums;}
.row > .c{white-space:pre;padding:0 24px 0 12px;border-left:3px solid transparent;tab-size:8;}
.row > .nav{display:flex;font-family:var(--sans);}
.nav button,.ops-button{border:0;background:none;min-height:0;padding:0 3px;font-size:11px;line-height:20px;color:var(--accent);}
.nav button:hover{background:var(--accent-soft);}
.cold > .c{color:var(--quiet);}
.hot-only .cold{display:none;}
.hot-only .chunk{content-visibility:visible;min-height:0 !important;}
.hot-only .row.after-gap{border-top:1px dashed var(--line);}
.row:target,.row.target{outline:2px solid var(--accent);outline-offset:-2px;}
.h1 > .c{border-color:var(--heat-1);background:color-mix(in srgb,var(--heat-1) 35%,transparent);}
.h2 > .c{border-color:var(--heat-2);background:color-mix(in srgb,var(--heat-2) 40%,transparent);}
.h3 > .c{border-color:var(--heat-3);background:color-mix(in srgb,var(--heat-3) 42%,transparent);}
.h4 > .c{border-color:var(--heat-4);background:color-mix(in srgb,var(--heat-4) 44%,transparent);}
.h5 > .c{border-color:var(--heat-5);background:color-mix(in srgb,var(--heat-5) 46%,transparent);}
.h6 > .c{border-color:var(--heat-6);background:color-mix(in srgb,var(--heat-6) 48%,transparent);}
.h7 > .c{border-color:var(--heat-7);background:color-mix(in srgb,var(--heat-7) 48%,transparent);}
.h8 > .c{border-color:var(--heat-8);background:color-mix(in srgb,var(--heat-8) 50%,transparent);}
.sp1 > .c{border-color:var(--bad);background:color-mix(in srgb,var(--bad) 16%,transparent);}
.sp2 > .c{border-color:var(--warn);background:color-mix(in srgb,var(--warn) 16%,transparent);}
.sp3 > .c{border-color:var(--good);background:color-mix(in srgb,var(--good) 16%,transparent);}
.range{border-bottom:2px solid var(--line);}
.range.warm{border-color:var(--heat-6);}
.range.hot{border-color:var(--heat-8);}
.range.lit,tr.lit td{background:var(--accent-soft);}
.ops{grid-column:5;padding:6px 12px 10px;font-family:var(--sans);}
.ops table{border-collapse:collapse;font-size:12.5px;}
.ops th,.ops td{text-align:left;padding:1px 14px 1px 0;white-space:nowrap;}
.ops th{color:var(--quiet);font-weight:400;}
.ops td.num{text-align:right;}
.ops .track{width:90px;margin:0;}
.ops p{margin:0 0 4px;color:var(--quiet);font-size:12.5px;}
.badge{font-size:10px;letter-spacing:0.04em;border:1px solid var(--accent);color:var(--accent);border-radius:3px;padding:0 3px;}
.map{flex:none;width:64px;border-left:1px solid var(--line);cursor:pointer;touch-action:none;}
.menu{position:fixed;z-index:10;max-width:min(520px,calc(100vw - 16px));max-height:60vh;overflow:auto;background:var(--panel);border:1px solid var(--line);border-radius:8px;box-shadow:var(--shadow);padding:6px;font:13px/1.4 var(--sans);}
.menu h2{font-size:12px;font-weight:400;color:var(--quiet);padding:2px 8px 4px;}
.menu a,.menu span.item{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:2px 12px;padding:4px 8px;border-radius:5px;text-decoration:none;color:var(--ink);}
.menu a:hover,.menu a:focus-visible{background:var(--accent-soft);}
.menu small{color:var(--quiet);grid-column:1;overflow-wrap:anywhere;}
.menu .num{color:var(--quiet);}
.whole{height:100%;overflow:hidden;}
.whole .cards{padding:8px 20px 10px;gap:6px 24px;border-bottom:1px solid var(--line);grid-template-columns:repeat(auto-fit,minmax(104px,1fr));}
.whole .cards dd{font-size:15px;}
@media (max-width:700px){.top,.cards,.files{padding-left:12px;padding-right:12px;}
.file{grid-template-columns:minmax(0,1fr) 110px;padding-left:8px;}
.file .track{display:none;}
.head,.row{grid-template-columns:44px 48px 48px 40px minmax(200px,1fr);font-size:11.5px;}
.map{width:28px;}
.whole .cards{grid-template-columns:repeat(3,1fr);}
}
@media print{html,body{background:none;height:auto;}
.top button,.acts,.map,.nav,.menu{display:none !important;}
.whole,.lines,.code{overflow:visible;height:auto;display:block;padding:0;}
.chunk{content-visibility:visible;min-width:0;}
.head{position:static;}
.head,.row{min-width:0;grid-template-columns:50px 60px 60px 0 minmax(0,1fr);}
.row > .c{grid-column:5;white-space:pre-wrap;print-color-adjust:exact;}
}</style>
</head>
<body>
<header class="top">
<div class="name"><h1 id="title">Heatmap</h1><p id="subtitle"></p></div>
<button id="theme" aria-label="Switch between light and dark" title="Light or dark">&#x25D1;</button>
</header>
<dl class="cards" id="cards"></dl>
<main class="files">
<div class="acts">
<input id="filter" type="search" placeholder="Find a file or module" aria-label="Find a file or module" autocomplete="off" spellcheck="false">
<button id="expand">Expand all</button>
<button id="collapse">Collapse all</button>
</div>
<div id="tree"></div>
</main>
<noscript><p class="empty">This page needs its script to list the files.</p></noscript>
<script type="application/json" id="profile">)page"sv};

inline constexpr std::array<std::string_view, 1> heatmap_index_tail{
R"page(</script>
<script>"use strict";
function bytesOf(base64){const raw=atob(base64);const bytes=new Uint8Array(raw.length);for (let i=0; i < raw.length; ++i) bytes[i]=raw.charCodeAt(i);return bytes;}
class Column{constructor(base64){this.bytes=bytesOf(base64);this.at=0;}
get more(){return this.at < this.bytes.length;}
next(){let byte=this.bytes[this.at++];if (byte < 128) return byte;let value=byte & 127;let scale=128;do{byte=this.bytes[this.at++];value +=(byte & 127) * scale;scale *=128;}while (byte >=128);return value;}
take(count){const values=new Int32Array(count);for (let i=0; i < count; ++i) values[i]=this.next();return values;}
}
class Places{constructor(column){this.column=column;this.begin();}
begin(){this.thread=this.bucket=0;}
next(){const place=this.column.next();this.bucket=(place >> 1) + (place & 1?0 : this.bucket);if (place & 1) this.thread=this.column.next();}
}
function readTree(tree,interval){const count=tree.nodes;const parent=new Int32Array(count);const frame=new Column(tree.frame).take(count);const up=new Column(tree.up);const path=[];for (let i=0,depth=-1; i < count; ++i){depth +=1 - up.next();parent[i]=depth > 0?path[depth - 1] : -1;path[depth]=i;}
const size=tree.recordCount;const records={size,node: new Int32Array(size),thread: new Int32Array(size),bucket: new Int32Array(size),samples: new Float64Array(size),time: new Float64Array(size)
};const column=new Column(tree.records);const places=new Places(column);for (let i=0,r=0; i < count; ++i){places.begin();for (let left=column.next(); left > 0; --left,++r){places.next();records.node[r]=i;records.thread[r]=places.thread;records.bucket[r]=places.bucket;records.samples[r]=column.next();const extra=column.next();records.time[r]=records.samples[r] * interval + (extra % 2?-(extra + 1) / 2 : extra / 2);}
}
return{count,parent,frame,records};}
function readProfile(text){const json=JSON.parse(text);const{functions: f,frames: r}=json;const columnOf=(base64,count)=>new Column(base64).take(count);const status={thread: [],bucket: [],bits: [],samples: []};const column=new Column(json.status);for (const places=new Places(column); column.more;){places.next();status.thread.push(places.thread);status.bucket.push(places.bucket);status.bits.push(column.next());status.samples.push(column.next());}
const sources=new Map();for (const [file,...rest] of json.sources){const lines=new Map();for (let i=0; i + 1 < rest.length; i +=2) lines.set(rest[i],rest[i + 1]);sources.set(file,lines);}
return{kind: json.kind,run: json.run,baseline: json.baseline||null,strings: json.strings,functions:{count: f.count,name: columnOf(f.name,f.count),file: columnOf(f.file,f.count),module: columnOf(f.module,f.count),line: columnOf(f.line,f.count),origin: columnOf(f.origin,f.count),match: f.match?columnOf(f.match,f.count) : null
},frames:{count: r.count,function: columnOf(r.function,r.count),line: columnOf(r.line,r.count),opcode: columnOf(r.opcode,r.count)
},opcodes: json.opcodes,threads: json.threads,buckets: json.buckets,status,sources,trees: json.trees.map((tree,i)=>readTree(tree,(i?json.baseline : json.run).interval))
};}
const thin='\u2009';function count(n){return String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g,',');}
function percent(part,whole,digits=1){return whole > 0?((100 * part) / whole).toFixed(digits) + thin + '%' : '\u2013';}
function seconds(ns){const size=Math.abs(ns);if (size >=1e9) return (ns / 1e9).toFixed(size >=1e11?1 : 2) + thin + 's';if (size >=1e6) return (ns / 1e6).toFixed(size >=1e8?0 : 1) + thin + 'ms';if (size >=1e3) return (ns / 1e3).toFixed(0) + thin + '\u00b5s';return ns===0?'0' + thin + 's' : Math.round(ns) + thin + 'ns';}
function signed(text,value){return value > 0?'+' + text : text.replace('-','\u2212');}
const unseen=/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;const halves=/\p{Surrogate}/gu;function clean(text,most=400){let out=text.length > most?text.slice(0,most) + '\u2026' : text;out=out.replace(unseen,(c)=>{const code=c.charCodeAt(0);return code < 32
?String.fromCharCode(0x2400 + code)
: '\\u' + code.toString(16).padStart(4,'0');});return out.replace(halves,(c)=>'\\u' + c.charCodeAt(0).toString(16));}
function shortPath(path){const parts=path.split('/');return path.length > 50&&parts.length > 2?'\u2026/' + parts.slice(-2).join('/') : path;}
function on(target,event,act){target.addEventListener(event,act);}
function el(tag,attributes={},...content){const made=document.createElement(tag);for (const [name,value] of Object.entries(attributes)){if (name==='on'){for (const [event,act] of Object.entries(value)) on(made,event,act);}else if (value!==null&&value!==undefined&&value!==false){made.setAttribute(name,value===true?'' : value);}
}
made.append(...content.filter((c)=>c!==null&&c!==undefined&&c!==''));return made;}
function name(text,most){return el('bdi',{},clean(text,most));}
function remember(what,value){try{localStorage.setItem('tachyon-' + what,value);}catch (refused){/* a page that may not store works all the same */
}
}
function remembered(what){try{return localStorage.getItem('tachyon-' + what);}catch (refused){return null;}
}
const byId=(id)=>document.getElementById(id);
function startTheme(changed){const root=document.documentElement;const dark=matchMedia('(prefers-color-scheme: dark)');const stored=remembered('theme');const set=(kind)=>{root.dataset.theme=kind;if (changed) changed();};root.dataset.theme=
stored==='dark'||stored==='light'?stored : dark.matches?'dark' : 'light';on(dark,'change',()=>{if (!remembered('theme')) set(dark.matches?'dark' : 'light');});on(byId('theme'),'click',()=>{set(root.dataset.theme==='dark'?'light' : 'dark');remember('theme',root.dataset.theme);});}
function pageName(number){return 'file_' + String(number).padStart(4,'0') + '.html';}
function heatLevel(n,most){if (!(n > 0)||!(most > 0)) return 0;return Math.max(1,Math.min(8,Math.ceil((8 * Math.log(n + 1)) / Math.log(most + 1))));}
class Index{constructor(data){this.data=data;const column=(name)=>new Column(data[name]).take(data.count);const [origin,lines,self,total]=['origin','lines','self','total'].map(column);this.files=data.files.map((path,i)=>({page: i,path,module: data.modules[i],origin: origin[i],lines: lines[i],self: self[i],total: total[i]
}));this.most=this.files.length?this.files[0].total : 0;const{run}=data;byId('title').textContent=clean(run.command||'Heatmap',300);byId('subtitle').textContent=['heatmap',run.mode + ' mode',run.python&&'Python ' + run.python,run.process&&'process ' + run.process
]
.filter(Boolean)
.join(' \u00b7 ');this.cards();on(byId('filter'),'input',()=>this.show());on(byId('expand'),'click',()=>this.all(true));on(byId('collapse'),'click',()=>this.all(false));on(document,'keydown',(event)=>{if (event.key!=='/'||event.target.closest('input')) return;event.preventDefault();byId('filter').focus();});this.show();}
cards(){const{run,samples,time}=this.data;const t=run.trust;const errors=t.attempts > 0?(t.attempts - t.valid) / t.attempts : 0;const missed=t.ticks + t.missed > 0?t.missed / (t.ticks + t.missed) : 0;const card=(title,value,share)=>{const inside=el('dd',{},value);if (share!==undefined){const fill=el('i');fill.style.width=100 * share + '%';inside.append(el('div',{class: 'track','data-level': share < 0.05?'good' : share < 0.15?'warn' : 'bad'},fill
)
);}
return el('div',{},el('dt',{},title),inside);};byId('cards').append(card('Files profiled',count(this.files.length)),card('Samples',count(samples)),card('Sampled time',seconds(time)),card('Duration',seconds(run.duration)),card('Samples a second',run.duration > 0?count(samples / (run.duration / 1e9)) : '\u2013'),card('Reads that failed',percent(errors,1),errors),card('Ticks missed',percent(missed,1),missed)
);}
show(){const query=byId('filter').value.trim().toLowerCase();const tree=byId('tree');if (!this.files.length){tree.replaceChildren(el('p',{class: 'empty'},'No source file was seen in this run.'));return;}
if (query){const found=this.files.filter((f)=>
(f.path + '\n' + f.module).toLowerCase().includes(query)
);tree.replaceChildren(...found.slice(0,300).map((f)=>this.row(f,f.path)),found.length?'' : el('p',{class: 'empty'},'Nothing found.'),found.length > 300?el('p',{class: 'quiet'},`and ${count(found.length - 300)} more`) : ''
);return;}
const groups=['Project','Standard library','Site-packages','Other'].map((title,origin)=>({title,files: this.files.filter((f)=>f.origin===origin)})
);const first=groups.find((g)=>g.files.length);tree.replaceChildren(...groups
.filter((g)=>g.files.length)
.map((g)=>this.group(g.title,g.files,0,g===first))
);}
group(title,files,depth,open){const weight=(list)=>list.reduce((sum,f)=>sum + f.self,0);const box=el('details',{'data-folder': title},el('summary',{},name(title,120),el('span',{class: 'num'},`${count(files.length)} ${files.length === 1 ? 'file' : 'files'} \u00b7 ${count(weight(files))} self`
)
)
);const fill=()=>{if (box.dataset.filled) return;box.dataset.filled='yes';const folders=new Map();for (const file of files){const parts=file.module?file.module.split('.') : [file.path];const at=parts.length > depth + 1?parts[depth] : '';if (!folders.has(at)) folders.set(at,[]);folders.get(at).push(file);}
const direct=folders.get('')||[];folders.delete('');const below=[...folders].sort((a,b)=>weight(b[1]) - weight(a[1])||(a[0] < b[0]?-1 : 1)
);box.append(...below.map(([part,list])=>
this.group(part,list,depth + 1,depth===0&&open&&below.length < 6)
),...direct.map((file)=>
this.row(file,file.module?file.module.split('.').slice(depth).join('.') : file.path)
)
);};on(box,'toggle',()=>box.open&&fill());if (open){fill();box.open=true;}
return box;}
row(file,label){const fill=el('i');fill.style.width=(this.most > 0?(100 * file.total) / this.most : 0) + '%';return el('div',{class: 'file','data-page': file.page},el('a',{href: pageName(file.page),title: clean(file.path,1000)},name(label,200)),el('div',{class: 'track'},fill),el('span',{class: 'num'},`${count(file.self)} self \u00b7 ${count(file.total)}`)
);}
all(open){byId('filter').value='';this.show();for (let round=0; round < 40; ++round){const rest=[...document.querySelectorAll('.files details')].filter((d)=>d.open!==open);if (!rest.length) break;for (const box of rest){box.open=open;box.dispatchEvent(new Event('toggle'));}
}
}
}
startTheme();window.heatmap=new Index(JSON.parse(byId('profile').textContent));
</script>
</body>
</html>
)page"sv};

inline constexpr std::array<std::string_view, 1> heatmap_file_head{
R"page(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-Hy9esP+evPDNCQVN6hR+iINnPqZqp2uGUPTumevUohk='; script-src 'sha256-sn0bafLN7nNY7CAhBsTwtOdzkh2MlM8cy0Y+fOh7MGk='; img-src data: blob:; base-uri 'none'; form-action 'none'">
<meta name="generator" content="tachyon">
<title>)page"sv};

inline constexpr std::array<std::string_view, 1> heatmap_file_body{
R"page(</title>
<style>:root{color-scheme:light;--ground:#fbfaf8;--panel:#ffffff;--sunken:#f3f1ec;--line:#e2ded6;--ink:#23211d;--quiet:#68635a;--accent:#0b6e6e;--accent-soft:#d9ecea;--good:#2f7d4f;--warn:#a86200;--bad:#b3332b;--match:#b5e0f0;--heat-1:#f1ece0;--heat-2:#f5e5c4;--heat-3:#f8d9a0;--heat-4:#f8c87c;--heat-5:#f5b05c;--heat-6:#ee9148;--heat-7:#e3703b;--heat-8:#cb452c;--diff-up-1:#f6d5c8;--diff-up-2:#f0b09a;--diff-up-3:#e37f66;--diff-up-4:#c94a38;--diff-down-1:#d3e2f2;--diff-down-2:#a8c8e8;--diff-down-3:#70a3d6;--diff-down-4:#3a74b4;--diff-new:#b79be0;--diff-same:#e9e6df;--origin-project:#f3b56a;--origin-stdlib:#b9d3c2;--origin-site:#b9c9e6;--origin-other:#e4e0d8;--frame-ink:#241f18;--frame-ink-inverse:#ffffff;--rest:#d8d3c8;--shadow:0 6px 24px rgb(40 32 20 / 16%);--sans:system-ui,-apple-system,'Segoe UI','Noto Sans','DejaVu Sans',sans-serif;--mono:ui-monospace,'SF Mono','Cascadia Mono','Noto Sans Mono','DejaVu Sans Mono',monospace;}
:root[data-theme='dark']{color-scheme:dark;--ground:#191a1c;--panel:#212326;--sunken:#2a2c30;--line:#393c41;--ink:#ebe8e1;--quiet:#a9a69e;--accent:#63c3bd;--accent-soft:#23403f;--good:#6fc08d;--warn:#e3a951;--bad:#f08a7e;--match:#7cc4dd;--heat-1:#38373a;--heat-2:#4a4339;--heat-3:#5f4e37;--heat-4:#7b5c36;--heat-5:#9a6b37;--heat-6:#bd7b3a;--heat-7:#dd8a43;--heat-8:#fb9d58;--diff-up-1:#56403b;--diff-up-2:#7d4c42;--diff-up-3:#b05d4d;--diff-up-4:#e8806c;--diff-down-1:#3a4552;--diff-down-2:#3f5a78;--diff-down-3:#5286b8;--diff-down-4:#76b0ea;--diff-new:#a58ad6;--diff-same:#3a3a3d;--origin-project:#c98945;--origin-stdlib:#4d6a5a;--origin-site:#4a5b7c;--origin-other:#434347;--frame-ink:#100e0b;--frame-ink-inverse:#ffffff;--rest:#4c4b4a;--shadow:0 6px 24px rgb(0 0 0 / 50%);}
*{box-sizing:border-box;}
[hidden]{display:none !important;}
html,body{height:100%;margin:0;}
body{background:var(--ground);color:var(--ink);font:14px/1.45 var(--sans);-webkit-text-size-adjust:100%;}
button,input,select{font:inherit;color:inherit;background:var(--panel);border:1px solid var(--line);border-radius:6px;padding:4px 10px;min-height:30px;}
button{cursor:pointer;}
button:hover{background:var(--sunken);}
button[aria-pressed='true'],[role='tab'][aria-selected='true']{background:var(--accent-soft);border-color:var(--accent);color:var(--ink);}
:focus-visible{outline:2px solid var(--accent);outline-offset:1px;}
h1,h2,h3,p,dl,dd{margin:0;}
bdi{unicode-bidi:isolate;}
.num{font-variant-numeric:tabular-nums;}
.quiet{color:var(--quiet);}
.plain{border:0;background:none;padding:2px 6px;min-height:0;}
.visually-hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap;}
body{display:flex;flex-direction:column;}
a{color:var(--accent);text-decoration:none;}
a:hover{text-decoration:underline;}
.top{display:flex;flex-wrap:wrap;align-items:center;gap:8px 12px;padding:10px 20px;background:var(--panel);border-bottom:1px solid var(--line);}
.top .name{flex:1 1 260px;min-width:0;}
.top h1{font-size:15px;font-weight:600;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;}
.top p{color:var(--quiet);font-size:12.5px;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;}
.group{display:inline-flex;}
.group > button{border-radius:0;margin-left:-1px;font-size:13px;}
.group > button:first-child{border-radius:6px 0 0 6px;margin-left:0;}
.group > button:last-child{border-radius:0 6px 6px 0;}
.group > [aria-pressed='true']{position:relative;}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(128px,1fr));gap:12px 24px;padding:16px 20px;}
.cards dt{color:var(--quiet);font-size:12px;}
.cards dd{font-size:17px;font-variant-numeric:tabular-nums;}
.track{height:5px;border-radius:3px;background:var(--sunken);overflow:hidden;margin-top:4px;}
.track i{display:block;height:100%;background:var(--accent);}
.track[data-level='warn'] i{background:var(--warn);}
.track[data-level='bad'] i{background:var(--bad);}
.track[data-level='good'] i{background:var(--good);}
.empty{padding:32px 20px;color:var(--quiet);}
.files{padding:0 20px 60px;max-width:1100px;width:100%;}
.files .acts{display:flex;flex-wrap:wrap;gap:8px;padding:4px 0 12px;position:sticky;top:0;background:var(--ground);z-index:1;}
.files .acts input{flex:1 1 200px;}
.files details{border-left:1px solid var(--line);margin-left:7px;padding-left:12px;}
.files > div > details{border:0;margin:0 0 8px;padding:0;}
.files summary{cursor:pointer;padding:3px 0;display:flex;gap:8px;align-items:baseline;list-style:none;}
.files summary::-webkit-details-marker{display:none;}
.files summary::before{content:'\25B8';color:var(--quiet);font-size:11px;width:10px;}
.files details[open] > summary::before{content:'\25BE';}
.files > div > details > summary{font-weight:600;font-size:15px;border-bottom:1px solid var(--line);}
.files summary .num{margin-left:auto;color:var(--quiet);font-weight:400;font-size:12.5px;white-space:nowrap;}
.file{display:grid;grid-template-columns:minmax(0,1fr) 120px 190px;gap:12px;align-items:center;padding:3px 0 3px 18px;font-size:13.5px;}
.file a{overflow:hidden;text-overflow:ellipsis;white-space:nowrap;}
.file .num{text-align:right;color:var(--quiet);font-size:12.5px;white-space:nowrap;}
.file .track{margin:0;}
.file .track i{background:var(--heat-6);}
.code{display:flex;flex:1;min-height:0;}
.lines{flex:1;min-width:0;overflow:auto;scroll-padding-top:30px;padding-bottom:60vh;font:12.5px/20px var(--mono);position:relative;}
.chunk{content-visibility:auto;min-width:max-content;}
.head,.row{display:grid;grid-template-columns:64px 70px 70px 46px minmax(300px,1fr);min-width:max-content;}
.head{position:sticky;top:0;z-index:2;background:var(--panel);border-bottom:1px solid var(--line);font:12px/26px var(--sans);color:var(--quiet);}
.head span{text-align:right;padding-right:10px;}
.head span:last-child{text-align:left;padding-left:12px;}
.row > .n{text-align:right;padding-right:10px;color:var(--quiet);text-decoration:none;border:0;}
.row > .n:hover{text-decoration:underline;}
.row > .s,.row > .t{text-align:right;padding-right:10px;font-variant-numeric:tabular-nums;}
.row > .c{white-space:pre;padding:0 24px 0 12px;border-left:3px solid transparent;tab-size:8;}
.row > .nav{display:flex;font-family:var(--sans);}
.nav button,.ops-button{border:0;background:none;min-height:0;padding:0 3px;font-size:11px;line-height:20px;color:var(--accent);}
.nav button:hover{background:var(--accent-soft);}
.cold > .c{color:var(--quiet);}
.hot-only .cold{display:none;}
.hot-only .chunk{content-visibility:visible;min-height:0 !important;}
.hot-only .row.after-gap{border-top:1px dashed var(--line);}
.row:target,.row.target{outline:2px solid var(--accent);outline-offset:-2px;}
.h1 > .c{border-color:var(--heat-1);background:color-mix(in srgb,var(--heat-1) 35%,transparent);}
.h2 > .c{border-color:var(--heat-2);background:color-mix(in srgb,var(--heat-2) 40%,transparent);}
.h3 > .c{border-color:var(--heat-3);background:color-mix(in srgb,var(--heat-3) 42%,transparent);}
.h4 > .c{border-color:var(--heat-4);background:color-mix(in srgb,var(--heat-4) 44%,transparent);}
.h5 > .c{border-color:var(--heat-5);background:color-mix(in srgb,var(--heat-5) 46%,transparent);}
.h6 > .c{border-color:var(--heat-6);background:color-mix(in srgb,var(--heat-6) 48%,transparent);}
.h7 > .c{border-color:var(--heat-7);background:color-mix(in srgb,var(--heat-7) 48%,transparent);}
.h8 > .c{border-color:var(--heat-8);background:color-mix(in srgb,var(--heat-8) 50%,transparent);}
.sp1 > .c{border-color:var(--bad);background:color-mix(in srgb,var(--bad) 16%,transparent);}
.sp2 > .c{border-color:var(--warn);background:color-mix(in srgb,var(--warn) 16%,transparent);}
.sp3 > .c{border-color:var(--good);background:color-mix(in srgb,var(--good) 16%,transparent);}
.range{border-bottom:2px solid var(--line);}
.range.warm{border-color:var(--heat-6);}
.range.hot{border-color:var(--heat-8);}
.range.lit,tr.lit td{background:var(--accent-soft);}
.ops{grid-column:5;padding:6px 12px 10px;font-family:var(--sans);}
.ops table{border-collapse:collapse;font-size:12.5px;}
.ops th,.ops td{text-align:left;padding:1px 14px 1px 0;white-space:nowrap;}
.ops th{color:var(--quiet);font-weight:400;}
.ops td.num{text-align:right;}
.ops .track{width:90px;margin:0;}
.ops p{margin:0 0 4px;color:var(--quiet);font-size:12.5px;}
.badge{font-size:10px;letter-spacing:0.04em;border:1px solid var(--accent);color:var(--accent);border-radius:3px;padding:0 3px;}
.map{flex:none;width:64px;border-left:1px solid var(--line);cursor:pointer;touch-action:none;}
.menu{position:fixed;z-index:10;max-width:min(520px,calc(100vw - 16px));max-height:60vh;overflow:auto;background:var(--panel);border:1px solid var(--line);border-radius:8px;box-shadow:var(--shadow);padding:6px;font:13px/1.4 var(--sans);}
.menu h2{font-size:12px;font-weight:400;color:var(--quiet);padding:2px 8px 4px;}
.menu a,.menu span.item{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:2px 12px;padding:4px 8px;border-radius:5px;text-decoration:none;color:var(--ink);}
.menu a:hover,.menu a:focus-visible{background:var(--accent-soft);}
.menu small{color:var(--quiet);grid-column:1;overflow-wrap:anywhere;}
.menu .num{color:var(--quiet);}
.whole{height:100%;overflow:hidden;}
.whole .cards{padding:8px 20px 10px;gap:6px 24px;border-bottom:1px solid var(--line);grid-template-columns:repeat(auto-fit,minmax(104px,1fr));}
.whole .cards dd{font-size:15px;}
@media (max-width:700px){.top,.cards,.files{padding-left:12px;padding-right:12px;}
.file{grid-template-columns:minmax(0,1fr) 110px;padding-left:8px;}
.file .track{display:none;}
.head,.row{grid-template-columns:44px 48px 48px 40px minmax(200px,1fr);font-size:11.5px;}
.map{width:28px;}
.whole .cards{grid-template-columns:repeat(3,1fr);}
}
@media print{html,body{background:none;height:auto;}
.top button,.acts,.map,.nav,.menu{display:none !important;}
.whole,.lines,.code{overflow:visible;height:auto;display:block;padding:0;}
.chunk{content-visibility:visible;min-width:0;}
.head{position:static;}
.head,.row{min-width:0;grid-template-columns:50px 60px 60px 0 minmax(0,1fr);}
.row > .c{grid-column:5;white-space:pre-wrap;print-color-adjust:exact;}
}</style>
</head>
<body class="whole">
<header class="top">
<a href="index.html" id="back">&#x2190; All files</a>
<div class="name"><h1 id="title">File</h1><p id="subtitle"></p></div>
<div class="group" id="metric" role="group" aria-label="Colour by"><button data-value="self">Self</button><button data-value="total">Total</button></div>
<div class="group" id="cold" role="group" aria-label="Lines"><button data-value="all">All lines</button><button data-value="hot">Hot only</button></div>
<div class="group" id="kind" role="group" aria-label="Colour"><button data-value="heat">Heat</button><button data-value="specialization">Specialization</button></div>
<button id="bytecode" title="Open or close all bytecode panels (b)">Bytecode</button>
<button id="theme" aria-label="Switch between light and dark" title="Light or dark">&#x25D1;</button>
</header>
<dl class="cards" id="cards"></dl>
<main class="code">
<div class="lines" id="lines" tabindex="0" role="region" aria-label="Source">
<div class="head" aria-hidden="true"><span>Line</span><span>Self</span><span>Total</span><span></span><span id="what">Source</span></div>
</div>
<canvas class="map" id="map" aria-hidden="true"></canvas>
</main>
<noscript><p class="empty">This page needs its script to show the lines.</p></noscript>
<script type="application/json" id="profile">)page"sv};

inline constexpr std::array<std::string_view, 1> heatmap_file_tail{
R"page(</script>
<script>"use strict";
function bytesOf(base64){const raw=atob(base64);const bytes=new Uint8Array(raw.length);for (let i=0; i < raw.length; ++i) bytes[i]=raw.charCodeAt(i);return bytes;}
class Column{constructor(base64){this.bytes=bytesOf(base64);this.at=0;}
get more(){return this.at < this.bytes.length;}
next(){let byte=this.bytes[this.at++];if (byte < 128) return byte;let value=byte & 127;let scale=128;do{byte=this.bytes[this.at++];value +=(byte & 127) * scale;scale *=128;}while (byte >=128);return value;}
take(count){const values=new Int32Array(count);for (let i=0; i < count; ++i) values[i]=this.next();return values;}
}
class Places{constructor(column){this.column=column;this.begin();}
begin(){this.thread=this.bucket=0;}
next(){const place=this.column.next();this.bucket=(place >> 1) + (place & 1?0 : this.bucket);if (place & 1) this.thread=this.column.next();}
}
function readTree(tree,interval){const count=tree.nodes;const parent=new Int32Array(count);const frame=new Column(tree.frame).take(count);const up=new Column(tree.up);const path=[];for (let i=0,depth=-1; i < count; ++i){depth +=1 - up.next();parent[i]=depth > 0?path[depth - 1] : -1;path[depth]=i;}
const size=tree.recordCount;const records={size,node: new Int32Array(size),thread: new Int32Array(size),bucket: new Int32Array(size),samples: new Float64Array(size),time: new Float64Array(size)
};const column=new Column(tree.records);const places=new Places(column);for (let i=0,r=0; i < count; ++i){places.begin();for (let left=column.next(); left > 0; --left,++r){places.next();records.node[r]=i;records.thread[r]=places.thread;records.bucket[r]=places.bucket;records.samples[r]=column.next();const extra=column.next();records.time[r]=records.samples[r] * interval + (extra % 2?-(extra + 1) / 2 : extra / 2);}
}
return{count,parent,frame,records};}
function readProfile(text){const json=JSON.parse(text);const{functions: f,frames: r}=json;const columnOf=(base64,count)=>new Column(base64).take(count);const status={thread: [],bucket: [],bits: [],samples: []};const column=new Column(json.status);for (const places=new Places(column); column.more;){places.next();status.thread.push(places.thread);status.bucket.push(places.bucket);status.bits.push(column.next());status.samples.push(column.next());}
const sources=new Map();for (const [file,...rest] of json.sources){const lines=new Map();for (let i=0; i + 1 < rest.length; i +=2) lines.set(rest[i],rest[i + 1]);sources.set(file,lines);}
return{kind: json.kind,run: json.run,baseline: json.baseline||null,strings: json.strings,functions:{count: f.count,name: columnOf(f.name,f.count),file: columnOf(f.file,f.count),module: columnOf(f.module,f.count),line: columnOf(f.line,f.count),origin: columnOf(f.origin,f.count),match: f.match?columnOf(f.match,f.count) : null
},frames:{count: r.count,function: columnOf(r.function,r.count),line: columnOf(r.line,r.count),opcode: columnOf(r.opcode,r.count)
},opcodes: json.opcodes,threads: json.threads,buckets: json.buckets,status,sources,trees: json.trees.map((tree,i)=>readTree(tree,(i?json.baseline : json.run).interval))
};}
const thin='\u2009';function count(n){return String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g,',');}
function percent(part,whole,digits=1){return whole > 0?((100 * part) / whole).toFixed(digits) + thin + '%' : '\u2013';}
function seconds(ns){const size=Math.abs(ns);if (size >=1e9) return (ns / 1e9).toFixed(size >=1e11?1 : 2) + thin + 's';if (size >=1e6) return (ns / 1e6).toFixed(size >=1e8?0 : 1) + thin + 'ms';if (size >=1e3) return (ns / 1e3).toFixed(0) + thin + '\u00b5s';return ns===0?'0' + thin + 's' : Math.round(ns) + thin + 'ns';}
function signed(text,value){return value > 0?'+' + text : text.replace('-','\u2212');}
const unseen=/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;const halves=/\p{Surrogate}/gu;function clean(text,most=400){let out=text.length > most?text.slice(0,most) + '\u2026' : text;out=out.replace(unseen,(c)=>{const code=c.charCodeAt(0);return code < 32
?String.fromCharCode(0x2400 + code)
: '\\u' + code.toString(16).padStart(4,'0');});return out.replace(halves,(c)=>'\\u' + c.charCodeAt(0).toString(16));}
function shortPath(path){const parts=path.split('/');return path.length > 50&&parts.length > 2?'\u2026/' + parts.slice(-2).join('/') : path;}
function on(target,event,act){target.addEventListener(event,act);}
function el(tag,attributes={},...content){const made=document.createElement(tag);for (const [name,value] of Object.entries(attributes)){if (name==='on'){for (const [event,act] of Object.entries(value)) on(made,event,act);}else if (value!==null&&value!==undefined&&value!==false){made.setAttribute(name,value===true?'' : value);}
}
made.append(...content.filter((c)=>c!==null&&c!==undefined&&c!==''));return made;}
function name(text,most){return el('bdi',{},clean(text,most));}
function remember(what,value){try{localStorage.setItem('tachyon-' + what,value);}catch (refused){/* a page that may not store works all the same */
}
}
function remembered(what){try{return localStorage.getItem('tachyon-' + what);}catch (refused){return null;}
}
const byId=(id)=>document.getElementById(id);
function startTheme(changed){const root=document.documentElement;const dark=matchMedia('(prefers-color-scheme: dark)');const stored=remembered('theme');const set=(kind)=>{root.dataset.theme=kind;if (changed) changed();};root.dataset.theme=
stored==='dark'||stored==='light'?stored : dark.matches?'dark' : 'light';on(dark,'change',()=>{if (!remembered('theme')) set(dark.matches?'dark' : 'light');});on(byId('theme'),'click',()=>{set(root.dataset.theme==='dark'?'light' : 'dark');remember('theme',root.dataset.theme);});}
function pageName(number){return 'file_' + String(number).padStart(4,'0') + '.html';}
function heatLevel(n,most){if (!(n > 0)||!(most > 0)) return 0;return Math.max(1,Math.min(8,Math.ceil((8 * Math.log(n + 1)) / Math.log(most + 1))));}
class FilePage{constructor(data){this.data=data;const column=(name)=>new Column(data[name]).take(data.count);const big=(name)=>{const values=new Column(data[name]);return Float64Array.from({length: data.count},()=>values.next());};const line=column('line'),self=column('lineSelf'),total=column('lineTotal'),selfTime=big('lineSelfTime'),totalTime=big('lineTotalTime');this.lines=new Map();line.forEach((n,i)=>
this.lines.set(n,{self: self[i],total: total[i],selfTime: selfTime[i],totalTime: totalTime[i]
})
);this.mostSelf=Math.max(0,...(self.length < 50000?self : [self.reduce((a,b)=>Math.max(a,b),0)])
);this.mostTotal=total.reduce((a,b)=>Math.max(a,b),0);this.callers=this.byLine(data.callers);this.callees=this.byLine(data.callees);this.instructions=this.byLine(data.instructions);this.source=data.source===null?null : data.source.split(/\r\n|\n|\r/);if (this.source&&this.source[this.source.length - 1]==='') this.source.pop();this.metric=remembered('heat-metric')==='total'||!this.mostSelf?'total' : 'self';this.hot=remembered('heat-lines')==='hot';this.kind='heat';this.build();this.paint();this.reveal();}
byLine(entries){const map=new Map();for (const entry of entries){if (!map.has(entry[0])) map.set(entry[0],[]);map.get(entry[0]).push(entry);}
return map;}
build(){const{data}=this;const origin=['project','standard library','site-packages','other'][data.origin];byId('title').textContent=clean(data.file,1000);byId('title').title=clean(data.file,4000);byId('subtitle').textContent=[data.module,origin,`file ${data.page + 1} of ${data.pages}`]
.filter(Boolean)
.map((t)=>clean(t,200))
.join(' \u00b7 ');const card=(title,value)=>el('div',{},el('dt',{},title),el('dd',{},value));byId('cards').append(card('Self samples',count(data.self)),card('Total samples',count(data.total)),card('Of the run',percent(data.total,data.samples)),card('Of the hottest file',percent(data.total,data.hottest)),card('Lines seen',count(data.count)),card('Most on one line',`${count(this.mostSelf)} self \u00b7 ${count(this.mostTotal)}`)
);byId('kind').hidden=byId('bytecode').hidden=!this.instructions.size;this.rows();const choose=(id,act)=>
on(byId(id),'click',(event)=>{const button=event.target.closest('button');if (!button) return;act(button.dataset.value);this.paint();});choose('metric',(v)=>remember('heat-metric',(this.metric=v)));choose('cold',(v)=>{this.hot=v==='hot';remember('heat-lines',v);});choose('kind',(v)=>{this.kind=v;});on(byId('bytecode'),'click',()=>this.allPanels());const lines=byId('lines');on(lines,'click',(event)=>this.clicked(event));on(lines,'scroll',()=>this.drawMap());for (const [event,lit] of [['mouseover',true],['mouseout',false]
])
on(lines,event,(e)=>this.light(e.target,lit));on(document,'keydown',(event)=>this.keyed(event));on(document,'click',(event)=>{if (this.menu&&!this.menu.contains(event.target)) this.closeMenu();});on(window,'hashchange',()=>this.reveal());on(window,'beforeprint',()=>this.chunks.forEach((chunk)=>this.fill(chunk)));new ResizeObserver(()=>this.drawMap()).observe(byId('map'));const map=byId('map');const jump=(event)=>{const box=map.getBoundingClientRect();lines.scrollTop=
((event.clientY - box.top) / box.height) * lines.scrollHeight - lines.clientHeight / 2;};on(map,'pointerdown',(event)=>{map.setPointerCapture(event.pointerId);jump(event);});on(map,'pointermove',(event)=>map.hasPointerCapture(event.pointerId)&&jump(event));}
rows(){const holder=byId('lines');const seen=[...new Set([...this.lines.keys(),...this.callers.keys()])].sort((a,b)=>a - b);this.first=seen[0];const last=seen.length?seen[seen.length - 1] : 0;if (!this.source)
byId('what').textContent=
'The source is not known: it was not in the recording, or could not be read.';const numbers=this.source
?Array.from({length: Math.max(this.source.length,Math.min(last,this.source.length + 1000))},(_,i)=>i + 1
)
: seen;this.numbers=numbers;this.row=new Map();this.chunks=[];for (let at=0; at < numbers.length; at +=200){const part=numbers.slice(at,at + 200);const box=el('div',{class: 'chunk'});box.style.containIntrinsicSize=`auto ${20 * part.length}px`;box.style.minHeight=`${20 * part.length}px`;this.chunks.push({part,box});holder.append(box);}
this.fillSome(0,0);}
fillSome(from,most){const until=performance.now() + most;let at=from;while (at < this.chunks.length&&(at < 10||performance.now() < until))
this.fill(this.chunks[at++]);if (at < this.chunks.length) setTimeout(()=>this.fillSome(at,12),0);}
fill(chunk){if (!chunk.part) return;const rows=chunk.part.map((n)=>this.dress(n,this.makeRow(n)));chunk.part=null;chunk.box.style.minHeight='';chunk.box.append(...rows);}
rowOf(n){const at=this.source?n - 1 : this.numbers.indexOf(n);const chunk=this.chunks[Math.floor(at / 200)];if (chunk) this.fill(chunk);return this.row.get(n);}
makeRow(n){const line=this.lines.get(n);const text=this.source?(this.source[n - 1]??'') : '';const code=el('span',{class: 'c'});this.putCode(code,n,text);const nav=el('span',{class: 'nav'});const add=(list,sign,what)=>{if (list)
nav.append(el('button',{'data-nav': what,title: `${list.length === 1 ? clean(list[0][1], 80) + ', ' : list.length + ' '}${what}`,'aria-label': `${what} of line ${n}`
},sign
)
);};add(this.callers.get(n),'\u25b2','callers');add(this.callees.get(n),'\u25bc','callees');if (this.instructions.has(n))
nav.append(el('button',{'data-nav': 'bytecode','aria-expanded': 'false',title: 'bytecode','aria-label': `bytecode of line ${n}`
},'\u2261'
)
);const row=el('div',{class: 'row',id: 'line-' + n,'data-line': n},el('a',{class: 'n',href: '#line-' + n,'aria-label': 'Line ' + n},String(n)),el('span',{class: 's'},line&&line.self?count(line.self) : ''),el('span',{class: 't'},line?count(line.total) : ''),nav,code
);if (line){row.title=
`Self ${count(line.self)} samples, ${seconds(line.selfTime)}, ${percent(line.self, this.data.samples)}\n` +
`Total ${count(line.total)} samples, ${seconds(line.totalTime)}, ${percent(line.total, this.data.samples)}`;}
this.row.set(n,row);return row;}
putCode(code,n,text){if (!this.instructions.has(n)){code.textContent=clean(text.replaceAll('\t','        '),2000);return;}
const ranges=new Map();let all=0;for (const [,end,from,to,,,total] of this.instructions.get(n)||[]){all +=total;if (end!==n||from < 0||to <=from) continue;ranges.set(`${from}-${to}`,(ranges.get(`${from}-${to}`)||0) + total);}
const bytes=new TextEncoder().encode(text);const owner=new Array(text.length);const unit=(byte)=>new TextDecoder().decode(bytes.subarray(0,byte)).length;for (const [id,total] of [...ranges].sort((a,b)=>this.width(b[0]) - this.width(a[0]))){const [from,to]=id.split('-').map((b)=>unit(Number(b)));owner.fill([id,total],from,to);}
let at=0;while (at < text.length){let end=at + 1;while (end < text.length&&owner[end]===owner[at]) ++end;const part=clean(text.slice(at,end).replaceAll('\t','        '),2000);if (owner[at]){const [id,total]=owner[at];const share=total / all;code.append(el('span',{class: 'range' + (share > 0.7?' hot' : share > 0.3?' warm' : ''),'data-range': id,title: `${count(total)} samples, ${percent(total, all)} of this line`
},part
)
);}else{code.append(part);}
at=end;}
}
width(id){const [from,to]=id.split('-').map(Number);return to - from;}
paint(){const{metric,hot,kind}=this;const press=(id,value)=>{for (const button of byId(id).children)
button.setAttribute('aria-pressed',String(button.dataset.value===value));};press('metric',metric);press('cold',hot?'hot' : 'all');press('kind',kind);byId('lines').classList.toggle('hot-only',hot);for (const [n,row] of this.row){this.dress(n,row);const panel=row.querySelector('.ops');if (panel) panel.replaceWith(this.panel(n));}
this.drawMap();}
cold(n){return !this.lines.has(n)&&!this.callers.has(n);}
dress(n,row){const{metric}=this;const line=this.lines.get(n);const level=heatLevel(line?line[metric] : 0,metric==='self'?this.mostSelf : this.mostTotal
);const special=this.kind==='specialization'?this.specialized(n) : null;let colour='';if (this.kind==='heat') colour=level?'h' + level : '';else if (special!==null) colour=special >=67?'sp3' : special >=33?'sp2' : 'sp1';const place=this.cold(n)?'cold ' : n > this.first&&this.cold(n - 1)?'after-gap ' : '';row.className='row ' + place + colour + (row.classList.contains('target')?' target' : '');return row;}
specialized(n){const list=this.instructions.get(n);if (!list) return null;let all=0;let special=0;for (const entry of list){const samples=entry[this.metric==='self'?5 : 6]||0;all +=samples;if (this.data.opcodes[entry[4]].specialized) special +=samples;}
return all > 0?(100 * special) / all : null;}
panel(n){const at=this.metric==='self'?5 : 6;const merged=new Map();for (const entry of this.instructions.get(n)){const id=entry[4] + ' ' + entry[2] + '-' + entry[3];const known=merged.get(id);if (known) known.samples +=entry[at];else
merged.set(id,{opcode: this.data.opcodes[entry[4]],samples: entry[at],range: entry[2] + '-' + entry[3]
});}
const list=[...merged.values()].sort((a,b)=>b.samples - a.samples);const all=list.reduce((sum,i)=>sum + i.samples,0);const share=this.specialized(n);const body=list.map((i)=>{const fill=el('i');fill.style.width=(all > 0?(100 * i.samples) / all : 0) + '%';return el('tr',{'data-range': i.range},el('td',{},clean(i.opcode.name)),el('td',{},i.opcode.base!==i.opcode.name?clean(i.opcode.base) : ''),el('td',{},i.opcode.specialized?el('span',{class: 'badge'},'SPECIALIZED') : ''),el('td',{class: 'num'},count(i.samples)),el('td',{},el('div',{class: 'track'},fill)),el('td',{class: 'num'},percent(i.samples,all))
);});const level=share===null?'' : share >=67?'high' : share >=33?'medium' : 'low';return el('div',{class: 'ops'},el('p',{},share===null
?`No ${this.metric} samples with an instruction`
: `${share.toFixed(0)}\u2009% specialised (${level}), by ${this.metric} samples`
),el('table',{},el('thead',{},el('tr',{},...['Instruction','Base','','Samples','','Share'].map((t)=>
el('th',{scope: 'col'},t)
)
)
),el('tbody',{},...body)
)
);}
togglePanel(n,open){const row=this.rowOf(n);const panel=row.querySelector('.ops');if (open===undefined) open=!panel;if (open===Boolean(panel)) return;if (open) row.append(this.panel(n));else panel.remove();row.querySelector('[data-nav=bytecode]').setAttribute('aria-expanded',String(open));}
allPanels(){const open=!document.querySelector('.ops');for (const n of this.instructions.keys()) if (this.rowOf(n)) this.togglePanel(n,open);this.drawMap();}
light(target,lit){const marked=target.closest('[data-range]');if (!marked) return;for (const other of marked
.closest('.row')
.querySelectorAll(`[data-range="${marked.dataset.range}"]`))
other.classList.toggle('lit',lit);}
clicked(event){const button=event.target.closest('[data-nav]');if (!button) return;const n=Number(button.closest('.row').dataset.line);const what=button.dataset.nav;if (what==='bytecode') return this.togglePanel(n);const list=this[what].get(n);event.stopPropagation();if (list.length===1&&list[0][2] >=0) this.go(list[0]);else this.openMenu(button,what,list);}
link(entry){return (entry[2]===this.data.page?'' : pageName(entry[2])) + '#line-' + entry[4];}
go(entry){location.href=this.link(entry);}
openMenu(button,what,list){this.closeMenu();const items=list.slice(0,200).map((entry)=>{const inside=[name(entry[1],160),el('span',{class: 'num'},count(entry[5])),el('small',{},name(entry[3],300),entry[4] > 0?':' + entry[4] : '')
];return entry[2] >=0
?el('a',{href: this.link(entry)},...inside)
: el('span',{class: 'item'},...inside);});this.menu=el('div',{class: 'menu',role: 'dialog','aria-label': what},el('h2',{},`${count(list.length)} ${what}, by samples`),...items
);this.menuFrom=button;document.body.append(this.menu);const box=button.getBoundingClientRect();const own=this.menu.getBoundingClientRect();this.menu.style.left=Math.max(8,Math.min(box.left,innerWidth - own.width - 8)) + 'px';this.menu.style.top=
Math.max(8,Math.min(box.bottom + 2,innerHeight - own.height - 8)) + 'px';on(this.menu,'click',(event)=>event.target.closest('a')&&this.closeMenu());const first=this.menu.querySelector('a');if (first) first.focus();}
closeMenu(){if (!this.menu) return;this.menu.remove();this.menu=null;if (this.menuFrom) this.menuFrom.focus({preventScroll: true});}
reveal(){const asked=/^#line-(\d{1,9})$/.exec(location.hash);for (const old of document.querySelectorAll('.row.target')) old.classList.remove('target');let row=asked&&this.rowOf(Number(asked[1]));if (!row&&!asked){let hottest=0;let most=-1;for (const [n,line] of this.lines)
if (line[this.metric] > most) [most,hottest]=[line[this.metric],n];row=this.rowOf(hottest);if (row) row.scrollIntoView({block: 'center'});return;}
if (!row) return;if (this.hot&&row.classList.contains('cold')){this.hot=false;this.paint();}
row.classList.add('target');row.scrollIntoView({block: 'center'});}
keyed(event){if (event.key==='Escape') return this.closeMenu();if (event.target.closest('input')||event.ctrlKey||event.metaKey||event.altKey) return;if (this.menu&&(event.key==='ArrowDown'||event.key==='ArrowUp')){const links=[...this.menu.querySelectorAll('a')];const next=
links[links.indexOf(document.activeElement) + (event.key==='ArrowDown'?1 : -1)];if (next) next.focus();event.preventDefault();}else if (event.key==='b'&&this.instructions.size){this.allPanels();}else if (event.key==='n'||event.key==='p'){this.step(event.key==='n'?1 : -1);}
}
step(by){const hottest=[...this.lines]
.sort((a,b)=>b[1][this.metric] - a[1][this.metric]||a[0] - b[0])
.slice(0,10)
.map(([n])=>n);this.at=((this.at??-by) + by + hottest.length) % hottest.length;location.hash='#line-' + hottest[this.at];}
drawMap(){const map=byId('map');const holder=byId('lines');const scale=window.devicePixelRatio||1;const width=map.clientWidth;const height=map.clientHeight;if (!width||!height) return;map.width=width * scale;map.height=height * scale;const ink=map.getContext('2d');ink.scale(scale,scale);const style=getComputedStyle(document.documentElement);const colours=[1,2,3,4,5,6,7,8].map((i)=>
style.getPropertyValue('--heat-' + i).trim()
);const most=this.metric==='self'?this.mostSelf : this.mostTotal;const shown=this.hot?this.numbers.filter((n)=>!this.cold(n)) : this.numbers;const part=(shown.length * 20) / Math.max(1,holder.scrollHeight);shown.forEach((n,i)=>{const line=this.lines.get(n);const level=heatLevel(line?line[this.metric] : 0,most);if (!level) return;ink.fillStyle=colours[level - 1];ink.fillRect(4,(i / shown.length) * height * part,width - 8,Math.max(2,(height * part) / shown.length)
);});ink.strokeStyle=style.getPropertyValue('--quiet').trim();ink.strokeRect(1.5,(holder.scrollTop / holder.scrollHeight) * height + 0.5,width - 3,Math.max(8,(holder.clientHeight / holder.scrollHeight) * height - 1)
);}
}
let page=null;startTheme(()=>page&&page.drawMap());page=window.heatmap=new FilePage(JSON.parse(byId('profile').textContent));
</script>
</body>
</html>
)page"sv};

}  // namespace tachyon::assets
// clang-format on
