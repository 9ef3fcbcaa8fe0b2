// Addresses of clients. A framework that trusts a proxy takes them from `X-Forwarded-For`, and many
// a proxy passes on what the client itself wrote there: any text.

const ipv4Form = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/
const ipv6Form = /^[0-9a-f:.]{2,45}$/i
/** As some proxies write it. */
const withPort = /^(?:\[([^\]]*)\]|([\d.]{7,15}))(?::\d{1,5})?$/

/** An IP address without port and zone; null for any other text. */
export function ipIn(text: string): string | null {
  const [, bracketed, dotted] = withPort.exec(text) ?? []
  const address = bracketed ?? dotted ?? text.replace(/%[\w.-]{1,16}$/, '')
  return isIp(address) ? address : null
}

function isIp(text: string): boolean {
  return ipv4Form.test(text) || (ipv6Form.test(text) && URL.canParse(`http://[${text}]/`))
}
