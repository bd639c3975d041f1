//! What a configuration says, and what is said of a wrong one.

use super::*;

fn read(text: &str) -> Result<Config, String> {
    Config::read(text, "x.toml").map_err(|failure| failure.to_string())
}

#[test]
fn an_unknown_key_is_refused_with_its_line_and_the_nearest() {
    assert_eq!(
        read("[drop]\nsettle = \"1s\"\nexlude = []\n").expect_err("a misspelt key"),
        "x.toml:3:1: unknown key \"exlude\"\nhint: did you mean \"exclude\"?"
    );
}

#[test]
fn a_wrong_value_is_named_with_its_line() {
    let error = read("[drop]\n\nsettle = \"1 moon\"\n").expect_err("no duration");
    assert!(error.starts_with("x.toml:3:10: \"1 moon\" is no duration"), "{error}");
    let error = read("[drop]\nzone = \"Mars/Base\"\n").expect_err("no zone");
    assert!(error.starts_with("x.toml:2:8: unknown zone \"Mars/Base\""), "{error}");
    assert!(read("[drop]\ninclude = [\"a[\"]\n").expect_err("no glob").contains("x.toml:2:12: "));
}

#[test]
fn a_glob_that_fits_no_path_is_refused() {
    // They were taken, and nothing was read, or nothing left out.
    for glob in ["./a.txt", "/srv/a.txt", "s/", "", "a//b", "a/../b"] {
        let error = read(&format!("[drop]\nexclude = [\"*.bak\", {glob:?}]\n")).expect_err(glob);
        assert!(error.starts_with(&format!("x.toml:2:21: {glob:?} fits no path\nhint: ")), "{error}");
        let error = read(&format!("[[blog]]\nmatch = {glob:?}\n")).expect_err(glob);
        assert!(error.starts_with(&format!("x.toml:2:9: {glob:?} fits no path\nhint: ")), "{error}");
    }
    for glob in ["**", "a/**/b", ".*", "..a/*", "{a,b}/*.txt"] {
        read(&format!("[drop]\ninclude = [{glob:?}]\n")).expect(glob);
    }
}

#[test]
fn a_wrong_value_is_told_which_there_are_and_named_by_its_own_line() {
    let socket = "[[listen]]\naddress = \"unix:/x\"\nmode = ";
    for (text, said) in [
        ("[log]\nformat = \"xml\"\n", "x.toml:2:10: \"xml\" is none of \"text\", \"json\""),
        (
            "[drop]\ndone = \"delete\"\n",
            "x.toml:2:8: \"delete\" is none of \"keep\", \"archive\", \"remove\"",
        ),
        ("[dedupe]\nscope = \"all\"\n", "x.toml:2:9: \"all\" is none of \"global\", \"blog\""),
        (
            "[log]\n\nlevel = \"foo\"\n",
            "x.toml:3:9: log.level \"foo\": \"foo\" is no level\nhint: levels are",
        ),
        (&format!("{socket}\"0999\"\n"), "x.toml:3:8: [[listen]]: \"0999\" is no mode of a socket"),
        (
            "[[listen]]\naddress = \"tcp:127.0.0.1:7\"\ngroup = \"desk\"\n",
            "x.toml:3:9: [[listen]]: \"tcp:127.0.0.1:7\" can't have group",
        ),
        (
            "[[listen]]\naddress = \"tcp:127.0.0.1:7\"\nmode = \"0600\"\n",
            "x.toml:3:8: [[listen]]: \"tcp:127.0.0.1:7\" can't have mode",
        ),
        (
            "[[listen]]\naddress = \"unix:/x\"\nallow_uids = []\n",
            "x.toml:3:14: [[listen]]: allow_uids of \"unix:/x\" is empty",
        ),
    ] {
        let error = read(text).expect_err("a wrong value");
        assert!(error.starts_with(said), "{said} in {error}");
    }
}

#[test]
fn a_wrong_variable_is_not_called_a_flag() {
    let env = |name: &'static str, value: &'static str| {
        move |asked: &str| (asked == name).then(|| OsString::from(value))
    };
    let args = |zone: Option<&str>| RunArgs {
        time: TimeArgs { zone: zone.map(String::from), ..TimeArgs::default() },
        ..RunArgs::default()
    };
    let said = |args: RunArgs, env: &dyn Fn(&str) -> Option<OsString>| {
        Config::default().with_run(&args, env).expect_err("it is wrong").to_string()
    };
    let error = said(args(Some("Mars")), &env("LIVEBLOGD_ZONE", "Mars"));
    assert!(error.starts_with("LIVEBLOGD_ZONE: unknown zone"), "{error}");
    let error = said(args(Some("Mars")), &env("LIVEBLOGD_ZONE", "UTC"));
    assert!(error.starts_with("--zone: unknown zone"), "{error}");
    let error = said(args(None), &env("LIVEBLOGD_LISTEN", "x"));
    assert!(error.starts_with("LIVEBLOGD_LISTEN: \"x\" is no address"), "{error}");
}

#[test]
fn a_value_of_another_type_is_told_how_to_write_it() {
    let blog = "[[blog]]\nmatch = \"a\"\n";
    for (text, said) in [
        (
            "[blog]\nmatch = \"a\"\n".to_string(),
            "x.toml:1:1: invalid type: map, expected a sequence\nhint: there may be several such tables, in two brackets each: [[blog]], [[listen]]",
        ),
        ("[[drop]]\n".into(), "hint: there is one such table: [drop]"),
        (
            "[drop]\ndirectories = \"/a\"\n".into(),
            "x.toml:2:15: invalid type: string \"/a\", expected a sequence\nhint: a list is written in brackets, also of one: [\"…\"]",
        ),
        (
            format!("{blog}stamps = \"{{h}}:{{mm}}\"\n"),
            "x.toml:3:10: invalid type: string \"{h}:{mm}\", expected a sequence\nhint: a list is written in brackets",
        ),
        (format!("{blog}date = \"6 March\"\n"), "hint: a date is written as \"2024-03-06\""),
        (
            format!("{blog}zones = \"IST\"\n"),
            "hint: names and what they mean are written in braces: { IST = \"Europe/Dublin\" }",
        ),
        (
            format!("{blog}zones = {{ \"IST \" = \"Europe/Dublin\" }}\n"),
            "x.toml:3:9: [[blog]] \"a\": no time line names the zone \"IST \"\nhint: write it as the page does",
        ),
        ("[journal]\ncompress = \"yes\"\n".into(), "hint: write true or false, without quotes"),
        ("[journal]\nretain_age = 3\n".into(), "hint: put the value in quotes"),
    ] {
        let error = read(&text).expect_err("a wrong type");
        assert!(error.contains(said), "{said} in {error}");
    }
}

#[test]
fn the_shipped_configuration_is_the_defaults() {
    let shipped = include_str!("../../config/liveblogd.toml");
    // Every key stands there commented out with its default: with the marks off, it reads the same.
    let uncommented: String =
        shipped.lines().map(|line| line.strip_prefix("#: ").unwrap_or(line)).collect::<Vec<_>>().join("\n");
    let keys = |config: &Config| toml::to_string(config).expect("a configuration is TOML");
    let read = read(&uncommented).expect("the shipped configuration is right");
    assert_eq!(keys(&read), keys(&Config::default()));
    for line in keys(&Config::default()).lines().filter(|line| line.contains('=')) {
        let key = line.split('=').next().unwrap_or(line);
        assert!(shipped.contains(&format!("#: {key}")), "{key} is not documented");
    }
}

#[test]
fn what_is_printed_can_be_read_again() {
    let text = "state = \"/s\"\n[drop]\nsettle = \"250ms\"\nignore_older = \"30d\"\nzone = \"+02:00\"\n\
                [[blog]]\nmatch = \"uk/*\"\ndate = \"2024-03-06\"\n[journal]\nsync = \"always\"\nsegment_size = \"1MB\"\n";
    let config = read(text).expect("it reads");
    let printed = toml::to_string(&config).expect("it prints");
    assert_eq!(read(&printed).expect("it reads again"), config, "{printed}");
}

#[test]
fn the_state_directory_is_found_as_documented() {
    let none = Config::default();
    let env = |name: &str| (name == "STATE_DIRECTORY").then(|| OsString::from("/var/lib/liveblogd:/other"));
    assert_eq!(none.state_directory(env).expect("from the unit"), Path::new("/var/lib/liveblogd"));
    let env = |name: &str| (name == "HOME").then(|| OsString::from("/home/x"));
    assert_eq!(
        none.state_directory(env).expect("XDG's default"),
        Path::new("/home/x/.local/state/liveblogd")
    );
    assert!(none.state_directory(|_| None).is_err());
    // Whatever is empty is none.
    let empty = Config { state: Some(PathBuf::new()), ..Config::default() };
    let env = |name: &str| Some(OsString::from(if name == "HOME" { "/home/ann" } else { "" }));
    assert_eq!(
        empty.state_directory(env).expect("the default"),
        Path::new("/home/ann/.local/state/liveblogd")
    );
}

#[test]
fn a_blogs_layout_is_read_and_what_is_wrong_with_it_is_named() {
    let text = "[[blog]]\nmatch = \"*\"\nlayout = \"headline-first\"\nheadlines = \"always\"\n\
                stamps = [\"{h}:{mm} Uhr, {text}\"]\nzones = { IST = \"Europe/Dublin\" }\n";
    let config = read(text).expect("it reads");
    let printed = toml::to_string(&config).expect("it prints");
    assert_eq!(read(&printed).expect("it reads again"), config, "{printed}");
    for (line, expected) in [
        ("layout = \"top\"", "x.toml:3:10: \"top\" is none of \"alone\", \"inline\", \"at-end\""),
        ("headlines = \"yes\"", "x.toml:3:13: \"yes\" is none of \"always\", \"never\""),
        (
            "stamps = [\"{h}:{mm}\", \"{hour}\"]",
            "x.toml:3:10: \"{hour}\" is no time line: there is no {hour}: parts are {h} {mm}",
        ),
        (
            "stamps = [\"{text}{h}:{mm}\"]",
            "x.toml:3:10: \"{text}{h}:{mm}\" is no time line: something must stand between {text} and {h}",
        ),
        (
            "layout = \"headline-first\"\nheadlines = \"never\"",
            "x.toml:2:9: [[blog]] \"*\": layout \"headline-first\" and headlines \"never\" contradict each other",
        ),
    ] {
        let error = read(&format!("[[blog]]\nmatch = \"*\"\n{line}\n")).expect_err(line);
        assert!(error.starts_with(expected), "{error}");
    }
}
