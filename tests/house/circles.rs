//! Which module of a crate takes from which, read from its `use` lines, and whether they go in a circle: of modules that do, none
//! can be understood first.

use super::{folder, sources};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

/// Crates whose modules take from one another in one direction.
const WITHOUT_CIRCLES: &[&str] = &["entitlement", "node", "replica"];

/// Modules by name, as `engine/run`, each with its text without comments and tests.
type Modules = BTreeMap<String, String>;

fn modules(name: &str) -> Modules {
    let root = folder(name).join("src");
    let mut modules = Modules::new();
    for file in sources(&root) {
        let path = file.strip_prefix(&root).unwrap().with_extension("");
        let text = fs::read_to_string(&file).unwrap();
        let text = text.split("#[cfg(test)]").next().unwrap();
        let code = text.lines().filter(|line| !line.trim().starts_with("//"));
        let code: Vec<&str> = code.collect();
        modules.insert(path.to_str().unwrap().to_owned(), code.join("\n"));
    }
    modules
}

/// The paths that a tree of imports names, as `a::{b, c::D}`.
fn paths(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    if tree.is_empty() {
        return Vec::new();
    }
    let Some((before, rest)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap();
        return vec![path.trim().to_owned()];
    };
    let inside = rest.strip_suffix('}').expect("a tree of imports is closed");
    let mut found = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (at, sign) in inside.char_indices().chain([(inside.len(), ',')]) {
        match sign {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                for path in paths(&inside[start..at]) {
                    found.push(format!("{before}{path}"));
                }
                start = at + 1;
            }
            _ => {}
        }
    }
    found
}

/// The paths from the root of the crate that a module imports.
fn imports(module: &str, text: &str) -> Vec<String> {
    let parent = match module.rsplit_once('/') {
        Some((parent, _)) => format!("{}::", parent.replace('/', "::")),
        None => String::new(),
    };
    let mut found = Vec::new();
    for (prefix, base) in [("use crate::", ""), ("use super::", parent.as_str())] {
        for rest in text.split(prefix).skip(1) {
            let (tree, _) = rest.split_once(';').expect("an import ends");
            found.extend(paths(tree).into_iter().map(|path| format!("{base}{path}")));
        }
    }
    found
}

/// The module that a path leads to: where a parent only passes a name on, the child that it comes from. None for the root.
fn module_of(path: &str, modules: &Modules) -> Option<String> {
    let steps: Vec<&str> = path.split("::").collect();
    for length in (1..=steps.len()).rev() {
        let module = steps[..length].join("/");
        let Some(text) = modules.get(&module) else {
            continue;
        };
        if let Some(name) = steps.get(length)
            && let Some(child) = passed_on(text, name)
        {
            return Some(format!("{module}/{child}"));
        }
        return Some(module);
    }
    None
}

/// The child that a module passes a name on from.
fn passed_on(text: &str, name: &str) -> Option<String> {
    let inside = text.split("pub(crate) use ").skip(1);
    let everywhere = text.split("pub use ").skip(1);
    for rest in inside.chain(everywhere) {
        let (tree, _) = rest.split_once(';')?;
        for path in paths(tree) {
            if let Some((child, last)) = path.rsplit_once("::")
                && last == name
            {
                return Some(child.replace("::", "/"));
            }
        }
    }
    None
}

/// Each module or street, with those that it takes from.
type Takes = BTreeMap<String, BTreeSet<String>>;

/// What each module of a crate takes from, all modules of one street together.
fn takes(name: &str, street: impl Fn(&str) -> String) -> Takes {
    let modules = modules(name);
    let mut takes = Takes::new();
    for (module, text) in &modules {
        let here = street(module);
        let from = takes.entry(here.clone()).or_default();
        for path in imports(module, text) {
            let other = module_of(&path, &modules).map(|other| street(&other));
            from.extend(other.filter(|other| *other != here));
        }
    }
    takes
}

/// Takes away, again and again, those that take from none of the rest. What is left goes in circles, or leads into one.
fn circles(mut takes: Takes) -> BTreeSet<String> {
    loop {
        let rest: BTreeSet<String> = takes.keys().cloned().collect();
        let before = takes.len();
        takes.retain(|_, from| from.intersection(&rest).next().is_some());
        if takes.len() == before {
            return rest;
        }
    }
}

#[test]
fn modules_do_not_go_in_circles() {
    for name in WITHOUT_CIRCLES {
        let takes = takes(name, str::to_owned);
        assert_eq!(circles(takes), BTreeSet::new(), "{name}");
    }
}

/// The modules of `entitlement` that every street may take from, though they lie in one: names of conflict classes, and how a conflict
/// is made.
const OF_ALL_STREETS: &[&str] = &["conflicts/class", "conflicts/finders"];

#[test]
fn streets_of_entitlement_do_not_go_in_circles() {
    let takes = takes("entitlement", |module| {
        if OF_ALL_STREETS.contains(&module) {
            return module.to_owned();
        }
        let (street, _) = module.split_once('/').unwrap_or((module, ""));
        street.to_owned()
    });
    assert_eq!(circles(takes), BTreeSet::new());
}

#[test]
fn trees_of_imports_are_read() {
    let tree = "a::{\n    b,\n    c::{D, E as F},\n}";
    assert_eq!(paths(tree), ["a::b", "a::c::D", "a::c::E"]);
}
