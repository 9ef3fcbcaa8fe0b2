// Texts that must have a form: ids of records, and salts.

const uuidLength: i32 = 36
const saltLength: i32 = 22

/** A UUIDv7 in lower case (RFC 9562, 5.7). */
export function isUuidV7(from: usize, until: usize): bool {
  if (from == 0 || until - from != uuidLength) return false
  for (let i = 0; i < uuidLength; i++) {
    const code: i32 = load<u8>(from + i)
    const isHex = (code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x66)
    if (i == 8 || i == 13 || i == 18 || i == 23 ? code != 0x2d : !isHex) return false
  }
  // '8', '9', 'a' or 'b'.
  const variant: i32 = load<u8>(from + 19)
  const isVariant = (variant & 0xfe) == 0x38 || variant == 0x61 || variant == 0x62
  return load<u8>(from + 14) == 0x37 && isVariant
}

/** base64url of 16 bytes: of the last character four bits must be zero. */
export function isSalt(from: usize, until: usize): bool {
  if (until - from != saltLength) return false
  for (let at = from; at < until; at++) if (!isBase64url(load<u8>(at))) return false
  const last = load<u8>(until - 1)
  return last == 0x41 || last == 0x51 || last == 0x67 || last == 0x77
}

function isBase64url(code: u8): bool {
  const letter = code | 0x20
  return (
    (letter >= 0x61 && letter <= 0x7a) ||
    (code >= 0x30 && code <= 0x39) ||
    code == 0x2d ||
    code == 0x5f
  )
}
