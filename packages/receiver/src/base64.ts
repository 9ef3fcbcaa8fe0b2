/** Standard base64, as notes have a hash, of its base64url, as leaves and statements have it. */
export function toBase64(base64url: string): string {
  return Buffer.from(base64url, 'base64url').toString('base64')
}
