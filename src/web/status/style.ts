/** The style sheet of the pages, as served. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #f6f7f8; --surface: #fff; --line: #dfe3e8; --text: #1a1f26; --quiet: #56606d; --link: #1f5bb5;
  --fresh: #17734a; --failing: #b3261e; --stale: #8a5300; --suspended: #7a35a8; --running: #1f5bb5; --waiting: #56606d;
  --bar-fresh: #43a878; --bar-failing: #d9483f; --bar-stale: #dd9a2e; --bar-suspended: #a76fd0; --bar-running: #5a94e4;
  --bar-waiting: #b4bcc7;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #101418; --surface: #171c22; --line: #2a323b; --text: #e4e8ed; --quiet: #98a3b0; --link: #86b4f5;
    --fresh: #62cf9b; --failing: #ff8f86; --stale: #eeb65c; --suspended: #cda2f0; --running: #86b4f5; --waiting: #98a3b0;
    --bar-fresh: #2f9467; --bar-failing: #d9534a; --bar-stale: #c58a2b; --bar-suspended: #9a63c4; --bar-running: #4a82d0;
    --bar-waiting: #4a545f;
  }
}
* { box-sizing: border-box; }
html { font: 15px/1.5 system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif; }
body {
  max-width: 90rem; margin: 0 auto; padding: 0 2rem 3rem; background: var(--ground); color: var(--text);
  font-variant-numeric: tabular-nums;
}
h1, h2, h3, p, ul, dl, dd, pre, figure { margin: 0; padding: 0; }
ul { list-style: none; }
small { color: var(--quiet); font-size: .85em; font-weight: 400; }
a { color: var(--link); text-underline-offset: .2em; }
a:not(:hover) { text-decoration-color: transparent; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 3px; }
#tasks:focus { outline: none; }
pre { font: .87rem/1.5 ui-monospace, 'Cascadia Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
[hidden] { display: none !important; }
.hidden, .skip:not(:focus) { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip:focus { position: absolute; top: .5rem; left: 2rem; padding: .25rem .75rem; background: var(--surface); }

header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem 1.5rem; padding: 1.25rem 0; }
.name { font-weight: 650; letter-spacing: -.005em; }
.name a { color: inherit; }
nav[aria-label='Other views'] { display: flex; gap: 1.25rem; margin-left: auto; }
#live { color: var(--failing); }
.headline { font-size: 1.75rem; line-height: 1.25; font-weight: 600; letter-spacing: -.02em; text-wrap: balance; }
.bar { display: block; width: 100%; height: 6px; margin: 1rem 0 1.5rem; border-radius: 3px; }

.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 1.1rem 1.5rem; }
dt { color: var(--quiet); font-size: .85rem; }
dd { font-weight: 550; }
dd small { display: block; }
section { margin-top: 2.25rem; }
h2 { margin-bottom: .75rem; font-size: 1rem; font-weight: 650; }
.refused { margin: 0 0 2rem; }
.refused h2 { margin-bottom: .35rem; color: var(--own); }
.targets { display: flex; flex-wrap: wrap; gap: .5rem 2rem; }
.targets b { font-weight: 550; }
.warnings { color: var(--stale); font-size: .85rem; }
.since { margin-top: .25rem; color: var(--quiet); }
.more { color: var(--quiet); }

.is-fresh { --own: var(--fresh); --own-bar: var(--bar-fresh); }
.is-failing, .is-target_down { --own: var(--failing); --own-bar: var(--bar-failing); }
.is-stale, .is-rejecting { --own: var(--stale); --own-bar: var(--bar-stale); }
.is-suspended { --own: var(--suspended); --own-bar: var(--bar-suspended); }
.is-running { --own: var(--running); --own-bar: var(--bar-running); }
.is-waiting, .is-not_applicable { --own: var(--waiting); --own-bar: var(--bar-waiting); }
.bar rect { fill: var(--own-bar); }
.state, .states a:not(.all) { color: var(--own); white-space: nowrap; }
.state::before, .states a:not(.all)::before {
  content: ''; display: inline-block; width: .55em; height: .55em; margin-right: .5em; border-radius: 50%; background: var(--own-bar);
}
:is(.state, .states *):is(.is-waiting, .is-not_applicable)::before { background: none; box-shadow: inset 0 0 0 1.5px var(--own); }

.states { display: flex; flex-wrap: wrap; gap: .4rem; margin-bottom: 1rem; }
.states a {
  display: block; padding: .2rem .75rem; border: 1px solid var(--line); border-radius: 99px; background: var(--surface); text-decoration: none;
}
.states a:hover { border-color: currentcolor; }
.states .all { color: var(--text); }
.states b { margin-left: .25em; font-weight: 600; }
.states [aria-current] { border-color: currentcolor; box-shadow: inset 0 0 0 1px currentcolor; }
.filter { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1rem; margin-bottom: 1rem; }
.filter label { color: var(--quiet); }
.filter input, .filter select, button {
  padding: .35rem .65rem; border: 1px solid var(--line); border-radius: 6px; background: var(--surface); color: var(--text); font: inherit;
}
.filter input { width: 22rem; max-width: 100%; margin-left: .4rem; }
.filter ::placeholder { color: var(--quiet); opacity: 1; }
.filter output { color: var(--quiet); }
.filter .sort { display: none; }
.scripted .filter button { display: none; }

table { width: 100%; border-collapse: separate; border-spacing: 0; border: 1px solid var(--line); border-radius: 8px; background: var(--surface); }
thead th { position: sticky; top: 0; background: var(--surface); font-size: .85rem; font-weight: 500; border-bottom: 1px solid var(--line); }
thead th:first-child { border-top-left-radius: 8px; }
thead th:last-child { border-top-right-radius: 8px; }
thead a { color: var(--quiet); }
thead [aria-sort='ascending'] a, thead [aria-sort='descending'] a { color: var(--text); }
thead [aria-sort='ascending'] a::after { content: ' \\2191'; }
thead [aria-sort='descending'] a::after { content: ' \\2193'; }
th, td { padding: .5rem .75rem; text-align: left; vertical-align: baseline; }
.number { text-align: right; white-space: nowrap; }
.of-query, .of-target { min-width: 7rem; overflow-wrap: anywhere; }
tbody th { font-weight: 550; }
tbody small { display: block; }
.warnings + .members { margin-top: .75rem; }
.members tbody th { overflow-wrap: anywhere; }
.members tbody tr + tr > * { border-top: 1px solid var(--line); }
.task > * { border-top: 1px solid var(--line); }
tbody tr:first-child > * { border-top: 0; }
tr:is(.is-target_down, .is-failing, .is-stale, .is-suspended, .is-rejecting) .of-state { box-shadow: inset 3px 0 var(--own-bar); }
.failure, summary { font-size: .9rem; }
.reason { color: var(--own); font-weight: 550; }
.when, .history, summary, .unknown, .zero { color: var(--quiet); }
summary .reason { color: inherit; }
summary { width: fit-content; cursor: pointer; }
.history { font-size: .85rem; }
.message { margin: .25rem 0; max-width: 75rem; }
.busy { color: var(--running); }
.near { color: var(--stale); font-weight: 550; }
.plot { width: 79px; height: 18px; margin-right: .75rem; vertical-align: -.2em; }
.plot path { fill: none; stroke: var(--bar-waiting); stroke-width: 3; }
.troubles { display: grid; gap: .75rem; }
.trouble, .refused {
  padding: .85rem 1.25rem; border: 1px solid var(--line); border-left: 3px solid var(--own-bar); border-radius: 4px 8px 8px 4px;
  background: var(--surface);
}
.where { margin-top: .25rem; overflow-wrap: anywhere; }
.where b { font-weight: 550; }
.said { white-space: pre-line; }
.advice { color: var(--quiet); font-size: .9rem; }
.back { margin-bottom: .5rem; font-size: .9rem; }
.back::before { content: '\\2190  '; color: var(--quiet); }
.standing { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1rem; margin: .5rem 0 1.75rem; }
.standing form { margin-left: auto; }
button { cursor: pointer; }
button:disabled { cursor: default; opacity: .6; }
.described { margin-bottom: 1.25rem; color: var(--quiet); }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr)); gap: 1.25rem 2.5rem; margin-bottom: 1.25rem; }
figcaption { margin-bottom: .35rem; color: var(--quiet); font-size: .85rem; }
svg.runs { display: block; width: 100%; height: auto; }
svg.runs rect { fill: var(--own-bar); }
svg.runs .ground { stroke: var(--line); stroke-width: 1; }
svg.runs .cross { fill: none; stroke: var(--own); stroke-width: 2.5; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 8px; background: var(--surface); }
.scroll table { border: 0; }
.runs td, .guide td { border-top: 1px solid var(--line); }
.runs tbody tr:first-child td, .guide tbody tr:first-child td { border-top: 0; }
.runs small { margin-left: .5rem; }
.runs tbody small { display: inline; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 34rem), 1fr)); gap: 0 2.5rem; }
.columns > * { min-width: 0; }
h3 { margin-top: 1.25rem; font-size: .95rem; font-weight: 550; }
code { font: .92em ui-monospace, 'Cascadia Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace; overflow-wrap: anywhere; }
.code { margin: .5rem 0; padding: .75rem 1rem; border: 1px solid var(--line); border-radius: 8px; background: var(--surface); max-height: 32rem; overflow: auto; }
article.guide { max-width: 60rem; }
.guide > :is(p, ul, .scroll) { margin: .75rem 0; }
.guide > ul { padding-left: 1.25rem; list-style: disc; }
.scroll .guide { min-width: 44rem; }
.guide td code { overflow-wrap: break-word; }
.guide h2 { margin-top: 2.25rem; font-size: 1.15rem; }
.empty { padding: 2.5rem; border: 1px dashed var(--line); border-radius: 8px; color: var(--quiet); text-align: center; }
.pager { display: flex; justify-content: center; gap: 1.5rem; margin-top: 1.25rem; }
.pager .off { color: var(--quiet); opacity: .6; }
footer { margin-top: 2.5rem; color: var(--quiet); font-size: .85rem; }

@media (max-width: 76rem) {
  .of-duration .plot { display: none; }
}
@media (max-width: 64rem) {
  body { padding: 0 1rem 2rem; }
  .headline { font-size: 1.4rem; }
  .filter .sort { display: block; }
  .filter input { width: 100%; margin-left: 0; }
  .filter label:first-child { flex: 1 1 14rem; }
  .tasks, .tasks tbody { display: block; border: 0; background: none; }
  .tasks thead { display: none; }
  .task {
    display: grid; grid-template-columns: repeat(auto-fill, minmax(5.2rem, 1fr)); gap: .4rem 1rem; padding: .85rem 1rem;
    border: 1px solid var(--line); border-radius: 8px; background: var(--surface); margin-top: .75rem;
  }
  .task > * { min-width: 0; padding: 0; border: 0; text-align: left; }
  .task:is(.is-target_down, .is-failing, .is-stale, .is-suspended, .is-rejecting) .of-state { box-shadow: none; }
  .task:is(.is-target_down, .is-failing, .is-stale, .is-suspended, .is-rejecting) { box-shadow: inset 3px 0 var(--own-bar); }
  .task .of-query { grid-column: 1 / -1; grid-row: 1; padding-right: 7rem; }
  .task .of-state { grid-column: 1 / -1; grid-row: 1; justify-self: end; }
  .task td[data-title]:not(.of-state)::before { content: attr(data-title); display: block; color: var(--quiet); font-size: .8rem; }
  .of-duration { grid-column: span 2; }
  .of-duration .plot { display: inline; }
}
@media (max-width: 40rem) {
  .facts { grid-template-columns: repeat(2, 1fr); gap: .9rem 1.25rem; }
  .task .of-rejected:has(.zero), .task .of-load, .runs .at { display: none; }
  .runs small { margin: 0; font-size: inherit; white-space: nowrap; }
  .runs :is(th, td) { padding: .45rem .5rem; }
  .scroll .guide { min-width: 0; }
  .guide, .guide :is(tbody, tr, td), .members, .members tbody { display: block; }
  :is(.guide, .members) thead { display: none; }
  :is(.guide, .members) tbody tr { padding: .65rem 1rem; }
  :is(.guide, .members) tbody tr + tr { border-top: 1px solid var(--line); }
  :is(.guide, .members) td { padding: .15rem 0; border: 0; text-align: left; }
  :is(.guide, .members) td::before { content: attr(data-title); display: block; color: var(--quiet); font-size: .8rem; }
  .members tr { display: grid; grid-template-columns: repeat(2, 1fr); gap: .25rem 1rem; }
  .members tbody th { grid-column: 1 / -1; padding: 0; }
  .members tbody tr + tr > * { border-top: 0; }
}
@media (prefers-contrast: more) { :root { --line: currentcolor; --quiet: var(--text); } }
@media (forced-colors: active) { .state::before, .bar rect, .plot path { forced-color-adjust: none; } }
`;
