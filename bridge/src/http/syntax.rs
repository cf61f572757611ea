//! What is a token, a field value, a path, an authority, a scheme (RFC 9110 5.5 and 5.6.2, RFC 3986 3).

/// For each byte its lower case if it may stand in a token, else 0.
pub const TOKEN: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 128 {
        let b = byte as u8;
        if b.is_ascii_alphanumeric()
            || matches!(b, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~')
        {
            table[byte] = b.to_ascii_lowercase();
        }
        byte += 1;
    }
    table
};

pub fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|byte| TOKEN[usize::from(*byte)] != 0)
}

/// Appends `name` in lower case to `out`. False, and `out` as it was: it is no token.
pub fn push_token(out: &mut Vec<u8>, name: &[u8]) -> bool {
    let begin = out.len();
    out.reserve(name.len());
    let mut good = !name.is_empty();
    for (to, byte) in out.spare_capacity_mut().iter_mut().zip(name) {
        let lower = TOKEN[usize::from(*byte)];
        to.write(lower);
        good &= lower != 0;
    }
    // Safety: as many bytes have been written as the name has, for which there was room.
    unsafe { out.set_len(begin + if good { name.len() } else { 0 }) };
    good
}

/// Control characters except the tab.
const fn is_control(byte: u8) -> bool {
    (byte < b' ') & (byte != b'\t') | (byte == 0x7f)
}

/// The same for each byte, for what is shorter than a vector of the CPU.
const CONTROL: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = is_control(byte as u8);
        byte += 1;
    }
    table
};

/// Has no control characters. A loop without an exit is done 16 bytes at a time.
pub fn is_value(text: &[u8]) -> bool {
    match text.len() {
        0..16 => !text.iter().fold(false, |bad, byte| bad | CONTROL[usize::from(*byte)]),
        _ => !text.iter().fold(false, |bad, byte| bad | is_control(*byte)),
    }
}

/// `1*DIGIT` that fits 64 bits (RFC 9110 8.6).
pub fn content_length(text: &[u8]) -> Option<u64> {
    let add = |sum: u64, byte: &u8| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    };
    if text.is_empty() { None } else { text.iter().try_fold(0, add) }
}

/// What a client may have sent as path and query, or `*`. More than ASCII, because clients do send it.
pub fn is_request_target(text: &[u8]) -> bool {
    text == b"*"
        || text.starts_with(b"/")
            && text.iter().all(|byte| *byte > b' ' && !matches!(byte, 0x7f | b'#'))
            && is_utf8(text)
}

fn is_utf8(text: &[u8]) -> bool {
    text.is_ascii() || std::str::from_utf8(text).is_ok()
}

/// What a guest may send as path and query: what follows an authority is empty or begins with a slash or a question
/// mark, else it would name another host.
pub fn is_path_with_query(text: &str) -> bool {
    (text.is_empty() || text.starts_with(['/', '?']))
        && text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'#' | b'<' | b'>'))
}

/// `host[:port]`, perhaps with user information before it.
pub fn is_authority(text: &[u8]) -> bool {
    match text.iter().rposition(|byte| *byte == b'@') {
        Some(at) => {
            text[..at].iter().all(|byte| is_host_byte(*byte) || *byte == b':') && is_host_and_port(&text[at + 1..])
        }
        None => is_host_and_port(text),
    }
}

/// A name or an address, which is in brackets if it is one of IPv6, and a port, which may be empty.
pub fn is_host_and_port(text: &[u8]) -> bool {
    let rest = match text.strip_prefix(b"[") {
        Some(address) => {
            let end = address.iter().position(|byte| !is_host_byte(*byte) && *byte != b':').unwrap_or(address.len());
            match address[end..].strip_prefix(b"]") {
                Some(rest) if end > 0 => rest,
                _ => return false,
            }
        }
        None => match text.iter().position(|byte| !is_host_byte(*byte)).unwrap_or(text.len()) {
            0 => return false,
            end => &text[end..],
        },
    };
    match rest {
        [] => true,
        [b':', port @ ..] => port.len() <= 5 && port.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

/// Of a registered name: unreserved, percent-encoded, sub-delimiters (RFC 3986, 3.2.2).
const HOST: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        table[byte] = b.is_ascii_alphanumeric()
            || matches!(b, b'-' | b'.' | b'_' | b'~' | b'%' | b'!' | b'$' | b'&'..=b',' | b';' | b'=');
        byte += 1;
    }
    table
};

fn is_host_byte(byte: u8) -> bool {
    HOST[usize::from(byte)]
}

pub fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}
