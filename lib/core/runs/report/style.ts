/** One column on a phone, dark where the reader has it dark, black on white on paper. */
export const style = `
:root { color-scheme: light dark; --page: #f6f7f9; --card: #fff; --text: #1b1f24; --dim: #5b6572; --line: #d9dee5;
  --good: #17683a; --good-back: #dcf3e4; --bad: #a3221b; --bad-back: #fbe3e1; --open: #7a5200; --open-back: #fcefcf;
  --plain: #3c4a5b; --plain-back: #e6ebf1; --link: #0b57c2; --code: #eef1f5; }
@media (prefers-color-scheme: dark) { :root { --page: #12151a; --card: #1a1f26; --text: #e6e9ed; --dim: #98a3b0;
  --line: #313944; --good: #7fe0a5; --good-back: #143d27; --bad: #ffa59e; --bad-back: #4a1d1a; --open: #f3cf77;
  --open-back: #44340f; --plain: #c3cedb; --plain-back: #2b343f; --link: #83b6ff; --code: #10141a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: .2rem 0 1rem; text-wrap: balance; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .6rem; padding-bottom: .3rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1.02rem; margin: 1.3rem 0 .4rem; }
h4 { font-size: .98rem; margin: 0 0 .3rem; }
p, ul, pre, dl, blockquote { margin: .5rem 0; }
ul { padding-left: 1.3rem; }
ul.plain { list-style: none; padding: 0; }
li { margin: .3rem 0; }
a { color: var(--link); }
code, pre { font: .86em/1.45 ui-monospace, monospace; background: var(--code); border-radius: 4px; }
code { padding: .1em .3em; overflow-wrap: anywhere; }
pre { padding: .7rem .8rem; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid var(--line); }
blockquote { border-left: 3px solid var(--line); padding-left: .8rem; }
h1, h3, h4, p, li, td, summary, .words { overflow-wrap: anywhere; }
.words { white-space: pre-wrap; }
.over, .dim { color: var(--dim); }
.over { margin: 0; }
.label { color: var(--dim); font-weight: 600; font-size: .92rem; }
.pill { display: inline-block; padding: .05rem .55rem; border-radius: 99px; font-size: .8rem; font-weight: 600; white-space: nowrap;
  color: var(--plain); background: var(--plain-back); }
.pill.good, .ending.good { color: var(--good); background: var(--good-back); }
.pill.bad, .ending.bad { color: var(--bad); background: var(--bad-back); }
.pill.open { color: var(--open); background: var(--open-back); }
.ending { padding: .6rem 1rem; border-radius: 8px; background: var(--plain-back); margin: 1rem 0; }
.ending .pill { background: var(--card); }
.notice { padding: .6rem 1rem; border-radius: 8px; color: var(--open); background: var(--open-back); }
.card, .said, details { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .8rem 1rem; margin: .8rem 0; }
.card h3 { margin-top: 0; }
.card details, .said { padding: .6rem .8rem; }
summary { cursor: pointer; font-weight: 600; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .6rem; }
.figures div { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .5rem .8rem; display: flex; flex-direction: column-reverse; }
.figures dt { color: var(--dim); font-size: .85rem; }
.figures dd { margin: 0; font-size: 1.25rem; font-weight: 650; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; }
.scroll table { min-width: 38rem; }
.scroll td { overflow-wrap: break-word; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem .35rem 0; border-bottom: 1px solid var(--line); }
th { color: var(--dim); font-weight: 600; font-size: .82rem; }
.number { text-align: right; padding-right: 1rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
.wave { margin: .8rem 0; }
.row { display: grid; grid-template-columns: minmax(8rem, 22rem) 1fr 5.5rem; gap: .7rem; align-items: center; margin: .2rem 0; font-size: .88rem; }
.row .name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.track { display: block; background: var(--plain-back); border-radius: 4px; height: .8rem; overflow: hidden; }
.bar { display: block; height: 100%; min-width: 3px; border-radius: 4px; background: var(--plain); }
.bar.good { background: var(--good); }
.bar.bad { background: var(--bad); }
.bar.open { background: var(--open); }
.took { text-align: right; color: var(--dim); font-variant-numeric: tabular-nums; white-space: nowrap; }
nav { margin: 1rem 0; display: flex; flex-wrap: wrap; gap: .3rem 1rem; font-size: .92rem; }
footer { margin-top: 3rem; color: var(--dim); font-size: .85rem; }
@media (max-width: 40rem) { main { padding: 1rem .8rem 3rem; } h1 { font-size: 1.3rem; }
  .row { grid-template-columns: 1fr 5.5rem; } .row .name { grid-column: 1 / -1; white-space: normal; } }
@media print { :root { --page: #fff; --card: #fff; --text: #000; --dim: #444; --line: #bbb; --code: #fff; --link: #000;
    --good: #0f5a30; --good-back: #e4f5ea; --bad: #8f1b15; --bad-back: #fae6e4; --open: #6b4800; --open-back: #faf0d6;
    --plain: #333; --plain-back: #eceff3; }
  body { font-size: 10.5pt; } nav { display: none; } main { max-width: none; padding: 0; } .scroll table { min-width: 0; }
  .row, .figures, table tr, h2, h3 { break-inside: avoid; } h2, h3 { break-after: avoid; }
  .pill, .bar, .track, .ending, .notice { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
`;
