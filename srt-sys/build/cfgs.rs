//! The cfgs that name what a libsrt has. They are cumulative: 1.5.3 sets `srt_1_5_0` to `srt_1_5_3`.

const VERSIONS: [(u32, &str); 7] = [
    (0x01_05_00, "srt_1_5_0"),
    (0x01_05_01, "srt_1_5_1"),
    (0x01_05_02, "srt_1_5_2"),
    (0x01_05_03, "srt_1_5_3"),
    (0x01_05_04, "srt_1_5_4"),
    (0x01_05_05, "srt_1_5_5"),
    (0x01_06_00, "srt_1_6_0"),
];

/// What libsrt can be configured with, the word that `SRT_CONF` and the metadata have for it, and its cfg.
const CONF: [(&str, &str); 4] = [
    ("bonding", "srt_bonding"),
    ("aead", "srt_aead"),
    ("maxrexmitbw", "srt_maxrexmitbw"),
    ("pktinfo", "srt_pktinfo"),
];

const VENDORED: &str = "srt_vendored";

pub(crate) const OLDEST: u32 = VERSIONS[0].0;
pub(crate) const NEWEST: u32 = VERSIONS[VERSIONS.len() - 1].0;

pub(crate) fn conf_words() -> impl Iterator<Item = &'static str> {
    CONF.iter().map(|&(word, _)| word)
}

pub(crate) fn get(version: u32, conf: &[String], vendored: bool) -> Vec<&'static str> {
    let versions = VERSIONS.iter().filter(|&&(since, _)| version >= since).map(|&(_, cfg)| cfg);
    let conf = CONF.iter().filter(|(word, _)| conf.iter().any(|w| w == word)).map(|&(_, cfg)| cfg);
    versions.chain(conf).chain(vendored.then_some(VENDORED)).collect()
}

pub(crate) fn all() -> Vec<&'static str> {
    let versions = VERSIONS.iter().map(|&(_, cfg)| cfg);
    versions.chain(CONF.iter().map(|&(_, cfg)| cfg)).chain([VENDORED]).collect()
}
