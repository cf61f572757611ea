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

/// No control characters except the tab. Looks at all of it: a loop without an exit is done 16 bytes at a time.
pub fn is_value(text: &[u8]) -> bool {
    !text.iter().fold(false, |bad, byte| bad | ((*byte < b' ') & (*byte != b'\t')) | (*byte == 0x7f))
}

/// `1*DIGIT` that fits 64 bits (RFC 9110 8.6).
pub fn content_length(text: &[u8]) -> Option<u64> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// What a client may have sent as path and query, or `*`. More than ASCII, because clients do send it.
pub fn is_request_target(text: &str) -> bool {
    text == "*" || text.starts_with('/') && text.bytes().all(|byte| byte > b' ' && byte != 0x7f && byte != b'#')
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
    let (host, port) = match text.strip_prefix(b"[") {
        Some(rest) => {
            let Some(end) = rest.iter().position(|byte| *byte == b']') else { return false };
            let port = &rest[end + 1..];
            if !rest[..end].iter().all(|byte| is_host_byte(*byte) || *byte == b':') {
                return false;
            }
            (&rest[..end], port.strip_prefix(b":").or(port.is_empty().then_some(port)))
        }
        None => {
            let end = text.iter().position(|byte| *byte == b':').unwrap_or(text.len());
            if !text[..end].iter().all(|byte| is_host_byte(*byte)) {
                return false;
            }
            (&text[..end], Some(text.get(end + 1..).unwrap_or_default()))
        }
    };
    !host.is_empty() && port.is_some_and(|port| port.len() <= 5 && port.iter().all(u8::is_ascii_digit))
}

/// Of a registered name: unreserved, percent-encoded, sub-delimiters.
fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'-' | b'.'
                | b'_'
                | b'~'
                | b'%'
                | b'!'
                | b'$'
                | b'&'
                | b'\''
                | b'('
                | b')'
                | b'*'
                | b'+'
                | b','
                | b';'
                | b'='
        )
}

pub fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}
