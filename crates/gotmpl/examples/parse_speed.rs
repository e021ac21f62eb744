use std::time::Instant;
struct All;
impl plimsoll_gotmpl::syntax::FunctionNames for All {
    fn function(&self, _: &str) -> Option<u32> {
        Some(0)
    }
}
fn walk(p: &std::path::Path, out: &mut Vec<Vec<u8>>) {
    for e in std::fs::read_dir(p).unwrap().flatten() {
        let p = e.path();
        if e.file_type().unwrap().is_dir() {
            walk(&p, out)
        } else if p.components().any(|c| c.as_os_str() == "templates")
            && p.extension()
                .is_some_and(|x| x == "yaml" || x == "tpl" || x == "yml")
        {
            out.push(std::fs::read(&p).unwrap())
        }
    }
}
fn main() {
    let mut files = Vec::new();
    for a in std::env::args().skip(1) {
        walk(a.as_ref(), &mut files);
    }
    let n: usize = files.iter().map(Vec::len).sum();
    let files: Vec<std::sync::Arc<[u8]>> = files.into_iter().map(Into::into).collect();
    for _ in 0..4 {
        let t = Instant::now();
        let (mut nodes, mut errors) = (0, 0);
        for f in &files {
            struct F;
            impl plimsoll_gotmpl::syntax::FunctionNames for F {
                fn function(&self, n: &str) -> Option<u32> {
                    (n != "break" && n != "continue").then_some(0)
                }
            }
            let tree = plimsoll_gotmpl::syntax::Tree::parse("x", f.clone(), &F);
            nodes += tree.all_nodes().count();
            errors += tree.errors().len();
            if let Some(e) = tree.errors().first() {
                if errors < 4 {
                    eprintln!("{e}");
                }
            }
        }
        println!(
            "{} files {} MB {} nodes {} errors {:.0} MB/s",
            files.len(),
            n as f64 / 1e6,
            nodes,
            errors,
            n as f64 / 1e6 / t.elapsed().as_secs_f64()
        );
    }
}
