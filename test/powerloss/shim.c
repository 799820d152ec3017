/*
 * Notes what a process does to the files of one directory: with LD_PRELOAD, WATTLANE_JOURNAL (the file to append to)
 * and WATTLANE_JOURNAL_UNDER (the directory, absolute). While there is a file WATTLANE_SYNC_FAULT, syncs fail. The form of an entry is in test/powerloss/journal.ts. Not seen:
 * memory maps, io_uring, sendfile and copy_file_range.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { START, OPEN, WRITE, TRUNCATE, SYNC, UNLINK, RENAME };
enum { CREATED = 1, TRUNCATED = 2, DIRECTORY = 4 };

struct head {
  uint32_t type, pid, file, unused;
  uint64_t offset, length;
};

#define FILES 65536
static uint32_t files[FILES];
static uint32_t last_file;
static uint64_t entries;
static int out = -1;
static const char *fault;
static char under[PATH_MAX];
static size_t under_length;
static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

#define REAL(name) \
  static __typeof__(name) *real; \
  if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

/* without a journal that is whole nothing may be concluded */
static void put(const void *data, size_t length) {
  const char *at = data;
  while (length > 0) {
    long done = syscall(SYS_write, out, at, length);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) abort();
    at += done;
    length -= (size_t)done;
  }
}

static void note(uint32_t type, uint32_t file, uint64_t offset, const void *data, uint64_t length) {
  struct head head = {type, (uint32_t)getpid(), file, 0, offset, length};
  int before = errno;
  char small[4096 + sizeof head];
  if (length <= 4096) {
    memcpy(small, &head, sizeof head);
    memcpy(small + sizeof head, data, length);
    put(small, sizeof head + length);
  } else {
    put(&head, sizeof head);
    put(data, length);
  }
  entries++;
  errno = before;
}

__attribute__((constructor)) static void begin(void) {
  const char *journal = getenv("WATTLANE_JOURNAL");
  const char *directory = getenv("WATTLANE_JOURNAL_UNDER");
  if (!journal || !directory || !realpath(directory, under)) return;
  under_length = strlen(under);
  fault = getenv("WATTLANE_SYNC_FAULT");
  out = (int)syscall(SYS_openat, AT_FDCWD, journal, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (out < 0) abort();
  /* out of the way of whoever expects the lowest numbers */
  int high = fcntl(out, F_DUPFD_CLOEXEC, 900);
  if (high >= 0) {
    syscall(SYS_close, out);
    out = high;
  }
  note(START, 0, 0, "", 0);
}

static int is_under(const char *path) {
  if (out < 0 || strncmp(path, under, under_length) != 0) return 0;
  return path[under_length] == '\0' || path[under_length] == '/';
}

/* the absolute path, with the links in its directory followed */
static int absolute(const char *path, char *full) {
  char copy[PATH_MAX], parent[PATH_MAX];
  if (out < 0 || strlen(path) >= sizeof copy) return 0;
  strcpy(copy, path);
  char *slash = strrchr(copy, '/');
  const char *name = slash ? slash + 1 : copy;
  if (slash) *slash = '\0';
  if (!realpath(slash ? (slash == copy ? "/" : copy) : ".", parent)) return 0;
  return snprintf(full, PATH_MAX, "%s/%s", parent, name) < PATH_MAX && is_under(full);
}

static uint32_t file_of(int fd) {
  return out >= 0 && fd >= 0 && fd < FILES ? files[fd] : 0;
}

static void opened(int fd, int flags, int existed) {
  char link[64], path[PATH_MAX];
  if (out < 0 || fd < 0 || fd >= FILES) return;
  int before = errno;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  errno = before;
  if (length <= 0) return;
  path[length] = '\0';
  if (!is_under(path)) return;
  struct stat stat;
  uint32_t kind = existed ? 0 : CREATED;
  if (flags & O_TRUNC) kind |= TRUNCATED;
  if (fstat(fd, &stat) == 0 && S_ISDIR(stat.st_mode)) kind = DIRECTORY;
  files[fd] = ++last_file;
  note(OPEN, files[fd], kind, path, (uint64_t)length);
}

#define OPENING(call) \
  int mode = 0, existed = 1; \
  if (flags & (O_CREAT | __O_TMPFILE)) { \
    va_list more; \
    va_start(more, flags); \
    mode = va_arg(more, int); \
    va_end(more); \
  } \
  pthread_mutex_lock(&lock); \
  if (out >= 0 && (flags & O_CREAT)) existed = faccessat(at, path, F_OK, 0) == 0; \
  int fd = (call); \
  if (fd >= 0) opened(fd, flags, existed); \
  pthread_mutex_unlock(&lock); \
  return fd

int open(const char *path, int flags, ...) {
  REAL(open);
  const int at = AT_FDCWD;
  OPENING(real(path, flags, mode));
}

int open64(const char *path, int flags, ...) {
  REAL(open64);
  const int at = AT_FDCWD;
  OPENING(real(path, flags, mode));
}

int openat(int at, const char *path, int flags, ...) {
  REAL(openat);
  OPENING(real(at, path, flags, mode));
}

int openat64(int at, const char *path, int flags, ...) {
  REAL(openat64);
  OPENING(real(at, path, flags, mode));
}

int close(int fd) {
  REAL(close);
  if (file_of(fd)) {
    pthread_mutex_lock(&lock);
    files[fd] = 0;
    pthread_mutex_unlock(&lock);
  }
  return real(fd);
}

static void wrote(int fd, off_t offset, const struct iovec *parts, int count, ssize_t done) {
  for (int i = 0; i < count && done > 0; i++) {
    size_t length = parts[i].iov_len < (size_t)done ? parts[i].iov_len : (size_t)done;
    note(WRITE, file_of(fd), (uint64_t)offset, parts[i].iov_base, length);
    offset += (off_t)length;
    done -= (ssize_t)length;
  }
}

#define WRITING(before, call, parts, count) \
  if (!file_of(fd)) return (call); \
  pthread_mutex_lock(&lock); \
  ssize_t done = (call); \
  off_t offset = (before); \
  if (done > 0) wrote(fd, offset, parts, count, done); \
  pthread_mutex_unlock(&lock); \
  return done

/* where a write without an offset went, O_APPEND or not: it ends where the file's position is now */
#define POSITION (lseek(fd, 0, SEEK_CUR) - (done > 0 ? done : 0))

ssize_t write(int fd, const void *data, size_t length) {
  REAL(write);
  struct iovec part = {(void *)data, length};
  WRITING(POSITION, real(fd, data, length), &part, 1);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  REAL(writev);
  WRITING(POSITION, real(fd, parts, count), parts, count);
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t at) {
  REAL(pwrite);
  struct iovec part = {(void *)data, length};
  WRITING(at, real(fd, data, length, at), &part, 1);
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t at) {
  REAL(pwrite64);
  struct iovec part = {(void *)data, length};
  WRITING(at, real(fd, data, length, at), &part, 1);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) {
  REAL(pwritev);
  WRITING(at, real(fd, parts, count, at), parts, count);
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t at) {
  REAL(pwritev64);
  WRITING(at, real(fd, parts, count, at), parts, count);
}

#define TRUNCATING(call) \
  if (!file_of(fd)) return (call); \
  pthread_mutex_lock(&lock); \
  int failed = (call); \
  if (!failed) note(TRUNCATE, file_of(fd), (uint64_t)size, "", 0); \
  pthread_mutex_unlock(&lock); \
  return failed

int ftruncate(int fd, off_t size) {
  REAL(ftruncate);
  TRUNCATING(real(fd, size));
}

int ftruncate64(int fd, off64_t size) {
  REAL(ftruncate64);
  TRUNCATING(real(fd, size));
}

/* what was written before the call began is durable once it returns */
#define SYNCING(call) \
  if (!file_of(fd)) return (call); \
  if (fault && faccessat(AT_FDCWD, fault, F_OK, 0) == 0) { \
    errno = EIO; \
    return -1; \
  } \
  pthread_mutex_lock(&lock); \
  uint64_t from = entries; \
  uint32_t file = file_of(fd); \
  pthread_mutex_unlock(&lock); \
  int failed = (call); \
  pthread_mutex_lock(&lock); \
  if (!failed) note(SYNC, file, from, "", 0); \
  pthread_mutex_unlock(&lock); \
  return failed

int fsync(int fd) {
  REAL(fsync);
  SYNCING(real(fd));
}

int fdatasync(int fd) {
  REAL(fdatasync);
  SYNCING(real(fd));
}

#define UNLINKING(call) \
  char full[PATH_MAX]; \
  if (!absolute(path, full)) return (call); \
  pthread_mutex_lock(&lock); \
  int failed = (call); \
  if (!failed) note(UNLINK, 0, 0, full, strlen(full)); \
  pthread_mutex_unlock(&lock); \
  return failed

int unlink(const char *path) {
  REAL(unlink);
  UNLINKING(real(path));
}

int remove(const char *path) {
  REAL(remove);
  UNLINKING(real(path));
}

int rename(const char *from, const char *to) {
  REAL(rename);
  char both[2 * PATH_MAX], target[PATH_MAX];
  if (!absolute(from, both) || !absolute(to, target)) return real(from, to);
  pthread_mutex_lock(&lock);
  int failed = real(from, to);
  size_t length = strlen(both);
  memcpy(both + length + 1, target, strlen(target));
  if (!failed) note(RENAME, 0, 0, both, length + 1 + strlen(target));
  pthread_mutex_unlock(&lock);
  return failed;
}
