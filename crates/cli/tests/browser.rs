//! Pages in a real browser. That of `plimsoll chart template --format html`: Chromium opens it, a
//! script goes from the output to the templates and back, and what it found is read from the
//! page.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What goes on in the page, step by step: each waits until the page has settled.
const STEPS: &str = r"<script>
(function(){
var wrong=[],steps=[
function(){location.hash='#o'+at('replicas: 2')},
function(){
check('the part is marked',on('#output').indexOf('2')>=0);
check('its template line is marked',on('#sources').join().indexOf('.Values.replicas')>=0);
check('the panel names the template',panel().indexOf('templates/web.yaml:6')>=0);
check('the panel names the value',panel().indexOf('values.yaml:1')>=0);
press('replicas')},
function(){
check('the line of the values file is marked',on('#sources').join().indexOf('replicas: 2')>=0);
check('the part is marked from there',on('#output').indexOf('2')>=0);
press(String(at('replicas: 2')))},
function(){
check('back in the output',location.hash==='#o'+at('replicas: 2'));
check('the template is marked again',on('#sources').join().indexOf('.Values.replicas')>=0);
document.getElementById(source('kind: Deployment')).click()},
function(){
check('a click on a template line marks the output',on('#output').indexOf('kind: Deployment')>=0);
document.getElementById('o'+at('image: web:7')).querySelector('b.a').click()},
function(){
check('a click on a part marks the helper',on('#sources').join().indexOf('printf')>=0);
check('the call is named',panel().indexOf('called by')>=0&&panel().indexOf('templates/web.yaml:7')>=0);
check('nothing ran that was rendered',document.title.indexOf('ran')<0);
var links=document.querySelectorAll('.n[href]');
check('every number leads somewhere',links.length>10&&Array.prototype.every.call(links,function(a){
return document.getElementById(a.hash.slice(1))}))}];
function lines(where){return Array.prototype.slice.call(document.querySelectorAll(where+' .l'))}
function text(l){return l.textContent.slice(l.firstChild.textContent.length).trim()}
function at(words){return Number(lines('#output').filter(function(l){return text(l)===words})[0].id.slice(1))}
function source(words){return lines('#sources').filter(function(l){return text(l)===words})[0].id}
function find(where,words){return Array.prototype.filter.call(document.querySelectorAll(where),function(e){
return e.textContent.trim()===words})[0]}
function on(where){return Array.prototype.map.call(document.querySelectorAll(where+' .on'),function(e){return e.textContent.trim()})}
function panel(){return document.getElementById('panel').textContent}
function press(words){find('#panel a',words).click()}
function check(what,holds){if(!holds)wrong.push(what)}
function next(){
var step=steps.shift();
if(!step){document.body.dataset.result=wrong.length?'wrong: '+wrong.join('; '):'all is well';return}
try{step()}catch(error){wrong.push(String(error));steps=[]}
setTimeout(next,200)}
setTimeout(next,200)})();
</script></body>";

fn chromium() -> PathBuf {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    std::env::split_paths(&paths)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|path| path.is_file())
        .expect("Chromium is installed")
}

fn dump(page: &Path, profile: &Path, size: &str) -> String {
    let output = Command::new(chromium())
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"])
        .args(["--virtual-time-budget=20000", size])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("file://{}", page.display()))
        .output()
        .expect("Chromium runs");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn links_lead_both_ways() {
    let folder = std::env::temp_dir().join(format!("plimsoll-browser-{}", std::process::id()));
    let chart = folder.join("shop");
    fs::create_dir_all(chart.join("templates")).expect("made");
    for (path, text) in [
        (
            "Chart.yaml",
            "apiVersion: v2\nname: shop\nversion: 1.0.0\nappVersion: \"7\"\n",
        ),
        ("values.yaml", "replicas: 2\nimage:\n  tag: \"\"\n"),
        (
            "templates/_helpers.tpl",
            "{{- define \"image\" -}}\n{{ printf \"web:%s\" (.Values.image.tag | default .Chart.AppVersion) }}\n{{- end }}\n",
        ),
        (
            "templates/web.yaml",
            "kind: Deployment\nmetadata:\n  name: web\n  note: \"</div><script>document.title='ran'</script>\"\nspec:\n  replicas: {{ .Values.replicas }}\n  image: {{ include \"image\" . }}\n",
        ),
    ] {
        fs::write(chart.join(path), text).expect("written");
    }
    let output = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(["chart", "template", "rel", "--format", "html"])
        .arg(&chart)
        .output()
        .expect("the binary runs");
    assert!(output.status.success(), "{output:?}");
    let html = String::from_utf8(output.stdout).expect("UTF-8");
    let page = folder.join("page.html");
    fs::write(&page, html.replace("</body>", STEPS)).expect("written");
    for size in ["--window-size=1400,900", "--window-size=500,850"] {
        let found = dump(&page, &folder.join("profile"), size);
        let result = found.split("data-result=\"").nth(1);
        let result = result.and_then(|rest| rest.split('"').next());
        assert_eq!(result, Some("all is well"), "{size}");
    }
    // What is left in the temporary folder does no harm.
    let _ = fs::remove_dir_all(folder);
}

/// What does not fit the screen: how much wider than the window the page is.
const WIDTH: &str = "<script>document.body.dataset.result=\
    String(document.documentElement.scrollWidth-window.innerWidth)+' '+\
    String(document.querySelectorAll('svg').length)</script></body>";

#[test]
fn pages_of_sizes_and_replays_fit_the_screen() {
    let folder = std::env::temp_dir().join(format!("plimsoll-pages-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("made");
    let mut usage = String::from("time,namespace,workload,container,cpu,memory\n");
    let mut load = String::from("time,value\n");
    for step in 0..14 * 288 {
        let at = 1_714_521_600 + step * 300;
        let level = 100 + step % 288;
        for name in ["web", "a-workload-with-quite-a-long-name-of-its-own"] {
            let _ = writeln!(usage, "{at},shop,{name},app,0.{level},{level}000000");
        }
        let _ = writeln!(load, "{at},{level}");
    }
    fs::write(folder.join("usage.csv"), usage).expect("written");
    fs::write(folder.join("load.csv"), load).expect("written");
    let size = ["size", ".", "--usage", "usage.csv"];
    let replay = [
        "autoscale",
        "simulate",
        "--load",
        "load.csv",
        "--per-pod",
        "20",
        "--max",
        "30",
        "--target-cpu",
        "60",
    ];
    for (args, least) in [(&size[..], 8), (&replay[..], 6)] {
        let output = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
            .current_dir(&folder)
            .args(args)
            .args(["--format", "html"])
            .output()
            .expect("the binary runs");
        assert!(output.status.success(), "{output:?}");
        let html = String::from_utf8(output.stdout).expect("UTF-8");
        let page = folder.join("page.html");
        fs::write(&page, html.replace("</body>", WIDTH)).expect("written");
        for size in ["--window-size=1280,900", "--window-size=390,844"] {
            let found = dump(&page, &folder.join("profile"), size);
            let result = found.split("data-result=\"").nth(1);
            let result = result.and_then(|rest| rest.split('"').next());
            let (wider, drawings) = result
                .and_then(|one| one.split_once(' '))
                .expect("a result");
            let wider: i32 = wider.parse().expect("a number");
            assert!(wider <= 0, "{args:?} {size}: {wider} pixels too wide");
            let drawings: usize = drawings.parse().expect("a number");
            assert!(drawings >= least, "{args:?} {size}: {drawings} drawings");
        }
    }
    // What is left in the temporary folder does no harm.
    let _ = fs::remove_dir_all(folder);
}
