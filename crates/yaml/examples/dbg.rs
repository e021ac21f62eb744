fn main() {
    let mut s = String::new();
    std::io::Read::read_to_string(&mut std::io::stdin(), &mut s).unwrap();
    for d in [plimsoll_yaml::Dialect::Core, plimsoll_yaml::Dialect::GoV2] {
        let t = plimsoll_yaml::parse(s.as_str(), d);
        println!("{d:?} {:#?}", t.errors());
        for d in t.documents() {
            println!("doc {:?} {:?}", d.range(), d.root());
        }
    }
}
