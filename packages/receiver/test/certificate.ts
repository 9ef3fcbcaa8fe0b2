// A certificate for tests, and its key; what is signed with it means nothing.
import { createPrivateKey, type KeyObject } from 'node:crypto'

export const testCertificate = `-----BEGIN CERTIFICATE-----
MIIBjDCCATGgAwIBAgIUb67uU1PzON8HeA93hbNlXT7/LZEwCgYIKoZIzj0EAwIw
GjEYMBYGA1UEAwwPZ2F0ZXdheS5leGFtcGxlMCAXDTI2MTEyNjE0NTA1MFoYDzIx
MjYxMTAyMTQ1MDUwWjAaMRgwFgYDVQQDDA9nYXRld2F5LmV4YW1wbGUwWTATBgcq
hkjOPQIBBggqhkjOPQMBBwNCAASxg4Vw2z3kqFpvCH6nu4PqNu8/rFG7KVlSISU5
w/OS2jsaUxiwrtOs29pdcHtvah1yucXAQy1yZvt8sckzfEeUo1MwUTAdBgNVHQ4E
FgQUGlfNfbjw6wrC3c0TeIzy47TL3fMwHwYDVR0jBBgwFoAUGlfNfbjw6wrC3c0T
eIzy47TL3fMwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEAntnq
cXD4bAOljil9dhAI4gMV2wsG2ixiyPyb2vlUd/8CIQDrZIaYIr2/Qp+/godwo0z0
7s2MiDy/eYkgtcycVgHfBQ==
-----END CERTIFICATE-----
`

export const testKey: KeyObject = createPrivateKey({
  format: 'jwk',
  key: {
    kty: 'EC',
    crv: 'P-256',
    d: 'h0HREJ6r0z_te5GHAfc0gU7siROxlN3EoWj534eiLQs',
    x: 'sYOFcNs95Khabwh-p7uD6jbvP6xRuylZUiElOcPzkto',
    y: 'OxpTGLCu06zb2l1we29qHXK5xcBDLXJm-3yxyTN8R5Q',
  },
})
