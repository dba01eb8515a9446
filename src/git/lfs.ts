// Git LFS leaves a small text in place of a file's content. We recognise it, and never fetch what it points at.

const FIRST_LINE = Buffer.from('version https://git-lfs.github.com/spec/v1\n')

/** True for the text of an LFS pointer (specification of Git LFS, pointer file, version 1). */
export function isLfsPointer(bytes: Uint8Array): boolean {
  return bytes.length < 1024 && FIRST_LINE.equals(bytes.subarray(0, FIRST_LINE.length))
}
