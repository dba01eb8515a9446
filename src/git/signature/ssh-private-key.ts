// The private SSH key of a Secret, in OpenSSH's form or PEM, to a key that signs.
import { createPrivateKey, type KeyObject } from 'node:crypto'
import { isOpensshPrivateKey, type KeyProblem, readOpensshPrivateKey } from './openssh-private-key.ts'
import { isLongEnough, publicBlob, SHORTEST_RSA } from './ssh-public-key.ts'

/** A key that can sign commits, or why this one can't. No text of the key or the passphrase is ever repeated. */
export function readSshPrivateKey(text: string, passphrase: string | undefined): KeyObject | KeyProblem {
  const key = isOpensshPrivateKey(text) ? readOpensshPrivateKey(text, passphrase) : readPem(text, passphrase)
  if ('problem' in key) return key
  if (publicBlob(key) === undefined)
    return { problem: `is of type ${key.asymmetricKeyType}; use ed25519, ecdsa (P-256, P-384, P-521) or rsa` }
  if (!isLongEnough(key)) return { problem: `is an RSA key of less than ${SHORTEST_RSA} bits` }
  return key
}

function readPem(text: string, passphrase: string | undefined): KeyObject | KeyProblem {
  if (/BEGIN PGP/.test(text)) return { problem: 'is an OpenPGP key; that belongs in key git.asc' }
  if (/BEGIN [A-Z ]*PUBLIC KEY|^(?:ssh|ecdsa|sk)-/m.test(text))
    return { problem: 'is a public key; the private one signs' }
  if (!/BEGIN [A-Z ]*PRIVATE KEY/.test(text)) return { problem: 'is no private key' }
  const isEncrypted = /BEGIN ENCRYPTED PRIVATE KEY|^Proc-Type: *4, *ENCRYPTED/m.test(text)
  if (isEncrypted && passphrase === undefined) return { problem: 'is encrypted, and its passphrase is missing' }
  try {
    return createPrivateKey({ key: text, ...(isEncrypted ? { passphrase } : {}) })
  } catch {
    // OpenSSL's words differ from version to version.
    return { problem: isEncrypted ? 'is encrypted, and the passphrase does not open it' : 'is damaged' }
  }
}
