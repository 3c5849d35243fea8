use super::*;

#[test]
fn a_zero_is_told_with_what_it_excludes() {
    let told = |found, trials| Found { found, trials }.to_string();
    assert_eq!(told(0, 1_182), "0 of 1182 (95 %: under 0.25 %)");
    assert_eq!(told(0, 60), "0 of 60 (95 %: under 5.00 %)");
    assert_eq!(told(0, 2), "0 of 2");
    assert_eq!(told(36, 120), "36 of 120");
    assert_eq!(told(0, 0), "no trial");
}
