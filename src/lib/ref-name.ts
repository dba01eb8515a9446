// Names of branches and tags, by the rules of git check-ref-format and a few of ours. The CRDs hold the same rules;
// the worker checks again before it starts git (A9).

/** Each rule with the characters or parts that break it. */
const RULES: readonly { readonly broken: (ref: string) => boolean; readonly message: string }[] = [
  { broken: ref => ref === '', message: 'must not be empty' },
  { broken: ref => Buffer.byteLength(ref) > 250, message: 'must have at most 250 bytes' },
  { broken: ref => ref.startsWith('-'), message: 'must not start with a dash' },
  {
    broken: ref => /[\x00-\x20\x7f]/.test(ref),
    message: 'must not contain spaces, line breaks or control characters',
  },
  { broken: ref => /[~^:?*[\\]/.test(ref), message: 'must not contain one of ~ ^ : ? * [ \\' },
  { broken: ref => ref.includes('..'), message: "must not contain '..'" },
  { broken: ref => ref.includes('@{') || ref === '@', message: "must not contain '@{', and must not be '@'" },
  {
    broken: ref => /^\/|\/$|\/\//.test(ref),
    message: 'must not start or end with a slash, and must not contain two in a row',
  },
  {
    broken: ref => /(^|\/)\.|\.$/.test(ref),
    message: 'must not end with a dot, and no part of it must start with one',
  },
  { broken: ref => /\.lock(\/|$)/.test(ref), message: "must not have a part that ends with '.lock'" },
  {
    broken: ref => ref.startsWith('refs/') || ref === 'HEAD',
    message: "must be a short name, without 'refs/heads/' or 'refs/tags/', and must not be 'HEAD'",
  },
]

/** What is wrong with the name of a branch or tag, as one sentence, or undefined. */
export function checkRefName(ref: string): string | undefined {
  const rule = RULES.find(({ broken }) => broken(ref))
  return rule && `the name of a branch or tag ${rule.message}`
}

/** What is wrong with the id of a commit, as one sentence, or undefined: full ids only, so that nobody can make it mean another. */
export function checkCommitId(id: string): string | undefined {
  if (/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(id)) return undefined
  return 'the id of a commit must have all its 40 or 64 digits 0-9 and a-f'
}
