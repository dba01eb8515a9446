// Where git keeps a signature: in a header of a commit, at the end of an annotated tag (gitformat-signature(5)).

/** An object taken apart into what was signed and the signature of it. */
export interface SignedObject {
  readonly payload: Buffer
  /** Armored; undefined when it is not signed. */
  readonly signature: string | undefined
}

/** Headers of a signature: the one for SHA-256 names is not part of what the other one covers. */
const SIGNATURE_HEADER = /^gpgsig(?:-sha256)? /

/** A commit's bytes as latin1 text would be split in the same places: nothing is ever decoded but the signature. */
export function signedCommit(bytes: Buffer): SignedObject {
  const text = bytes.toString('latin1')
  const end = text.indexOf('\n\n')
  const header = end < 0 ? text : text.slice(0, end + 1)
  let payload = ''
  let signature: string | undefined
  // A header goes on where lines start with a space.
  for (const field of header.split(/\n(?! )/)) {
    if (!SIGNATURE_HEADER.test(field)) payload += payload === '' ? field : `\n${field}`
    else if (field.startsWith('gpgsig ')) signature ??= field.slice('gpgsig '.length).replaceAll('\n ', '\n')
  }
  return { payload: Buffer.from(`${payload}${text.slice(header.length)}`, 'latin1'), signature }
}

/** A tag's bytes. git takes the last signature in it, and all before that is signed. */
export function signedTag(bytes: Buffer): SignedObject {
  const text = bytes.toString('latin1')
  const starts = [...text.matchAll(/^-----BEGIN (?:PGP SIGNATURE|SSH SIGNATURE)-----$/gm)]
  const start = starts.at(-1)?.index
  if (start === undefined) return { payload: bytes, signature: undefined }
  return { payload: bytes.subarray(0, start), signature: text.slice(start) }
}

/** The value of the header that carries this signature, with its name. */
export function signatureHeader(armored: string): string {
  return `gpgsig ${armored.trim().replaceAll('\n', '\n ')}`
}

/** What an annotated tag says of itself. */
export interface TagFields {
  readonly object: string
  readonly type: string
  readonly tag: string
}

export function tagFields(bytes: Buffer): TagFields {
  const [header = ''] = bytes.toString('utf8').split('\n\n', 1)
  const field = (name: string) => new RegExp(`^${name} (.*)$`, 'm').exec(header)?.[1] ?? ''
  return { object: field('object'), type: field('type'), tag: field('tag') }
}
