// Addresses of clients. A framework that trusts a proxy takes them from `X-Forwarded-For`, and many
// a proxy passes on what the client itself wrote there: any text.

const dot = 0x2e
const ipv6Form = /^[0-9a-f:.]{2,45}$/i
/** As some proxies write it. */
const withPort = /^(?:\[([^\]]*)\]|([\d.]{7,15}))(?::\d{1,5})?$/

/** An IP address without port and zone; null for any other text. */
export function ipIn(text: string): string | null {
  if (isIpv4(text)) return text
  const [, bracketed, dotted] = withPort.exec(text) ?? []
  const address = bracketed ?? dotted ?? text.replace(/%[\w.-]{1,16}$/, '')
  return isIp(address) ? address : null
}

function isIp(text: string): boolean {
  return isIpv4(text) || (ipv6Form.test(text) && URL.canParse(`http://[${text}]/`))
}

/** Four numbers up to 255; a regular expression takes longer, and most addresses are these. */
function isIpv4(text: string): boolean {
  let parts = 0
  let digits = 0
  let value = 0
  for (let i = 0; i <= text.length; i++) {
    const code = i < text.length ? text.charCodeAt(i) : dot
    if (code === dot) {
      // Three digits are not less than 100.
      if (digits === 0 || value > 255 || (digits === 3 && value < 100)) return false
      parts++
      digits = value = 0
    } else {
      if (code < 0x30 || code > 0x39 || ++digits > 3) return false
      value = 10 * value + code - 0x30
    }
  }
  return parts === 4
}
