use std::{
    fs::File,
    io::{BufWriter, Write},
    time::Instant,
};
use yizhang_intake::{sample::*, *};
use yizhang_ledger::person::FederationSecret;
fn main() {
    let n = std::env::args().nth(1).unwrap().parse().unwrap();
    let t = Instant::now();
    let mut o = SampleOptions::new(1, SampleSize::Rows(n));
    o.files.truncate(1);
    let r =
        generate(&o, |_, _| Ok(Box::new(BufWriter::new(File::create("/tmp/speed.csv")?)) as Box<dyn Write>)).unwrap();
    println!("generate {:?} {:?}", t.elapsed(), r);
    let secret = FederationSecret::new([1; 32]);
    let t = Instant::now();
    let i = Intake::open(Source::Path("/tmp/speed.csv".into()), &ReadOptions::default()).unwrap();
    println!("open {:?}", t.elapsed());
    let t = Instant::now();
    let s = i.check(&secret, None, &mut |_| {}).unwrap();
    println!("check {:?} {} {}", t.elapsed(), s.valid, s.faulty);
    let t = Instant::now();
    let c = Chunks::new(i.rows(&secret).unwrap(), CHUNK_RECORDS, FaultyRows::Refuse)
        .map(|c| c.unwrap().bytes.len())
        .sum::<usize>();
    println!("chunks {:?} {}", t.elapsed(), c);
    println!(
        "{}",
        std::fs::read_to_string("/proc/self/status").unwrap().lines().find(|l| l.starts_with("VmHWM")).unwrap()
    );
}
