// The one interface to git, for both engines: probe, read files at a revision, find a run, write a commit, push it.

/** Credentials for one repository, read from the Secret that the resource names. Bound to the repository's scheme and host. */
export interface GitCredentials {
  readonly username?: string
  readonly password?: string
  readonly bearerToken?: string
  /** SSH private key, PEM or OpenSSH text. */
  readonly identity?: string
  /** Passphrase of `identity`. */
  readonly identityPassphrase?: string
  /** Mandatory with ssh. */
  readonly knownHosts?: string
  /** PEM of a certificate authority to trust for this repository only. */
  readonly caCertificate?: string
}

export interface GitRemote {
  /** https, http, ssh or file URL without credentials in it. */
  readonly url: string
  readonly credentials?: GitCredentials
  /**
   * IP addresses that the host was checked to have, the preferred one first: connected to without asking for the name
   * again (design, section 8). Absent or empty: the name is asked for.
   */
  readonly addresses?: readonly string[]
  /** The user's own git and ssh configuration may answer (`--use-git-credentials`, local mode only). */
  readonly userConfig?: boolean
}

/** Which commit of a repository is meant. */
export type RefSelection = { readonly branch: string } | { readonly tag: string } | { readonly commit: string }

/** An object that a signature may cover. */
export type SignedSelection = { readonly commit: string } | { readonly tag: string }

/** What one `ls-remote` tells. */
export interface ProbedRef {
  /** Commit that the selection points at (a tag is peeled), undefined when the ref does not exist. */
  readonly commit: string | undefined
  /** True when the repository has no ref at all. */
  readonly emptyRepository: boolean
}

/** A file in a commit's tree. */
export interface TreeFile {
  readonly path: string
  /** 100644, 100755, 120000 (symlink), 160000 (submodule). */
  readonly mode: string
  /** Blob id. */
  readonly oid: string
}

export interface FileWrite {
  readonly path: string
  /** The new content, in pieces; undefined deletes the file. */
  readonly content: Iterable<Uint8Array> | undefined
}

export interface CommitInput {
  /** Empty for the first commit of a repository. */
  readonly parents: readonly string[]
  /** Tree to start from; undefined starts empty. A commit id. */
  readonly base: string | undefined
  readonly changes: Iterable<FileWrite>
  readonly message: string
  readonly author: GitPerson
  readonly committer: GitPerson
  /** Absent: the commit is not signed. */
  readonly sign?: CommitSigner
}

/** Signs the bytes of a commit: the armored signature. The date is the committer's. */
export type CommitSigner = (payload: Buffer, date: Date) => Promise<string>

export interface GitPerson {
  readonly name: string
  readonly email: string
  readonly date: Date
}

/** A commit found in history, with its whole message. */
export interface FoundCommit {
  readonly commit: string
  readonly message: string
}

/** A commit of a branch, as an audit walks it. */
export interface HistoryCommit extends FoundCommit {
  readonly parents: readonly string[]
  /** Of the committer. */
  readonly date: Date
  /** True when the tree at the path differs from that of every parent; a first commit differs when something stands there. */
  readonly changesPath: boolean
}

/** How far back to look for a run. */
export interface HistoryWindow {
  /** Commits older than this end the search; undefined reads the whole history. */
  readonly notBefore: Date | undefined
}

export interface GitEngine {
  readonly name: 'native' | 'isomorphic'
  /** One round trip. Throws Failure (AuthenticationFailed, RepositoryNotFound, NetworkFailed, RefInvalid, UrlInvalid, ...). */
  probe(remote: GitRemote, selection: RefSelection, signal: AbortSignal): Promise<ProbedRef>
  /** A scratch store below `directory` (which exists, is empty and is the caller's to remove) bound to one remote. */
  open(remote: GitRemote, directory: string, signal: AbortSignal): Promise<GitStore>
}

/** Objects of one remote in a scratch directory; nothing is ever checked out. */
export interface GitStore {
  /** Brings the selected commit and its trees, depth 1, without blobs where the server can. Undefined: no such ref. */
  fetch(selection: RefSelection): Promise<string | undefined>
  /**
   * Files at `path` of a commit: the file itself, all files below a directory, or the matches of a glob; '' for all.
   * In byte order of the path. Empty when nothing is there.
   */
  list(commit: string, path: string): Promise<TreeFile[]>
  /** Brings the contents that `read` will be asked for, while the caller does something else. */
  fetchFiles(files: readonly TreeFile[]): Promise<void>
  /** Contents in the order asked, one at a time. Fetches missing blobs together, not one by one. Throws LimitExceeded beyond `maxBytes` a file. */
  read(files: readonly TreeFile[], maxBytes: number): AsyncIterable<{ readonly file: TreeFile; readonly bytes: Buffer }>
  /**
   * The newest commit reachable from `head`, within the window, that carries `trailer` (`Key: value`) as a line of its trailer block.
   * The window bounds how far the search goes; an older commit that happens to be known may be found too.
   */
  findTrailer(head: string, trailer: string, window: HistoryWindow): Promise<FoundCommit | undefined>
  /** True when `commit` is `head` or an ancestor of it; reads as much history as that takes (git-contract.md, "pushBranch"). */
  contains(head: string, commit: string): Promise<boolean>
  /**
   * The bytes of an object that a signature may cover: of a commit that `fetch` brought, or of the annotated tag by which it
   * did. Undefined for a tag that is a mere name of its commit (lightweight).
   */
  signedObject(selection: SignedSelection): Promise<Buffer | undefined>
  /**
   * Every commit that `head` reaches, each before its parents; `path` is a file or a folder, literally. From the first
   * commit on, `list` and `read` take any of them. Throws HistoryTooLarge.
   */
  history(head: string, path: string): AsyncIterable<HistoryCommit>
  /** Writes blobs, trees and the commit; returns its id. Undefined when the tree equals the base's. Nothing leaves the store. */
  commit(input: CommitInput): Promise<string | undefined>
  /**
   * Pushes `commit` to `branch`, only if the remote still has `expect` (undefined: the branch must not exist).
   * `expect` must be `commit`'s ancestor: history is never taken back.
   * 'moved' when somebody was faster. Throws Failure PushDenied, PushRejected, AuthenticationFailed, NetworkFailed.
   */
  push(commit: string, branch: string, expect: string | undefined): Promise<'accepted' | 'moved'>
}
