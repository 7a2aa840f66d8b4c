//! Tables: a list and arguments in, a window out.

use super::{Cursor, PageArguments, Window};

fn window(length: usize, cut: bool, page: PageArguments) -> String {
    let window = Window::over(length, cut, &page, |_| None);
    format!("{:?} prev={} next={} total={:?}", window.range, window.has_previous, window.has_next, window.total)
}

fn at(position: usize) -> Option<Cursor> {
    Some(Cursor { position, id: String::new() })
}

#[test]
fn a_page_is_cut_from_the_front_the_back_or_between_cursors() {
    let none = PageArguments::default();
    let cases = [
        (5, false, none.clone(), "0..5 prev=false next=false total=Some(5)"),
        (5, true, none.clone(), "0..5 prev=false next=true total=None"),
        (5, false, PageArguments { first: Some(2), ..none.clone() }, "0..2 prev=false next=true total=Some(5)"),
        (5, false, PageArguments { first: Some(0), ..none.clone() }, "0..0 prev=false next=true total=Some(5)"),
        (5, false, PageArguments { last: Some(2), ..none.clone() }, "3..5 prev=true next=false total=Some(5)"),
        (
            5,
            false,
            PageArguments { first: Some(2), after: at(1), ..none.clone() },
            "2..4 prev=true next=true total=Some(5)",
        ),
        (5, false, PageArguments { after: at(9), ..none.clone() }, "5..5 prev=true next=false total=Some(5)"),
        (
            5,
            false,
            PageArguments { last: Some(1), before: at(2), ..none.clone() },
            "1..2 prev=true next=true total=Some(5)",
        ),
        (
            5,
            false,
            PageArguments { before: at(1), after: at(3), ..none.clone() },
            "4..4 prev=true next=true total=Some(5)",
        ),
        (0, false, PageArguments { first: Some(3), last: Some(3), ..none }, "0..0 prev=false next=false total=Some(0)"),
    ];
    for (length, cut, page, expected) in cases {
        assert_eq!(window(length, cut, page.clone()), expected, "{length} {cut} {page:?}");
    }
}

#[test]
fn an_item_is_found_again_by_its_id_when_the_list_has_moved() {
    let after = Cursor { position: 0, id: "\"b\"".to_owned() };
    let page = PageArguments { after: Some(after), ..PageArguments::default() };
    let ids = ["\"x\"", "\"a\"", "\"b\"", "\"c\""];
    let window = Window::over(4, false, &page, |id| ids.iter().position(|known| *known == id));
    assert_eq!(window.range, 3..4);
}

#[test]
fn a_cursor_survives_the_way_to_the_client_and_back_and_rubbish_is_refused() {
    let cursor = Cursor { position: 7, id: "\"t:1\"".to_owned() };
    assert_eq!(Cursor::decode(&cursor.encode()), Some(cursor));
    for rubbish in ["", "abc", "Og", "!!", "bnVsbA"] {
        assert_eq!(Cursor::decode(rubbish), None, "{rubbish}");
    }
}
