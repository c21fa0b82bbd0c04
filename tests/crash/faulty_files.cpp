// SPDX-License-Identifier: GPL-2.0-or-later
// A layer of SQLite's file access (https://www.sqlite.org/vfs.html) over the usual one. Without shared memory, which
// the journal does not use (locking_mode = EXCLUSIVE).
#include "faulty_files.hpp"

#include <sqlite3.h>

#include <cstring>

#include "faults.hpp"

namespace rsip::test {

namespace {

struct File {
  sqlite3_file base;
  sqlite3_file* real;  ///< right behind this
};

sqlite3_file* real(sqlite3_file* file) {
  return reinterpret_cast<File*>(file)->real;
}

int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  if (stops_next() && size > 1) (void)real(file)->pMethods->xWrite(real(file), data, size / 2, offset);
  step();
  const int code = real(file)->pMethods->xWrite(real(file), data, size, offset);
  step();
  return code;
}

int sync(sqlite3_file* file, int flags) {
  step();
  const int code = real(file)->pMethods->xSync(real(file), flags);
  step();
  return code;
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
  step();
  const int code = real(file)->pMethods->xTruncate(real(file), size);
  step();
  return code;
}

const sqlite3_io_methods methods{
    .iVersion = 1,
    .xClose = [](sqlite3_file* file) { return real(file)->pMethods->xClose(real(file)); },
    .xRead = [](sqlite3_file* file, void* data, int size,
                sqlite3_int64 offset) { return real(file)->pMethods->xRead(real(file), data, size, offset); },
    .xWrite = write,
    .xTruncate = truncate,
    .xSync = sync,
    .xFileSize = [](sqlite3_file* file,
                    sqlite3_int64* size) { return real(file)->pMethods->xFileSize(real(file), size); },
    .xLock = [](sqlite3_file* file, int level) { return real(file)->pMethods->xLock(real(file), level); },
    .xUnlock = [](sqlite3_file* file, int level) { return real(file)->pMethods->xUnlock(real(file), level); },
    .xCheckReservedLock = [](sqlite3_file* file,
                             int* locked) { return real(file)->pMethods->xCheckReservedLock(real(file), locked); },
    .xFileControl = [](sqlite3_file* file, int operation,
                       void* argument) { return real(file)->pMethods->xFileControl(real(file), operation, argument); },
    .xSectorSize = [](sqlite3_file* file) { return real(file)->pMethods->xSectorSize(real(file)); },
    .xDeviceCharacteristics =
        [](sqlite3_file* file) { return real(file)->pMethods->xDeviceCharacteristics(real(file)); },
    .xShmMap = nullptr,
    .xShmLock = nullptr,
    .xShmBarrier = nullptr,
    .xShmUnmap = nullptr,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

sqlite3_vfs* usual = nullptr;

int open(sqlite3_vfs*, sqlite3_filename name, sqlite3_file* file, int flags, int* flags_out) {
  auto* opened = reinterpret_cast<File*>(file);
  opened->real = reinterpret_cast<sqlite3_file*>(opened + 1);
  const int code = usual->xOpen(usual, name, opened->real, flags, flags_out);
  opened->base.pMethods = code == SQLITE_OK ? &methods : nullptr;
  return code;
}

}  // namespace

void make_files_faulty() {
  static sqlite3_vfs faulty;
  usual = sqlite3_vfs_find(nullptr);
  faulty = *usual;
  faulty.zName = "faulty";
  faulty.szOsFile = static_cast<int>(sizeof(File)) + usual->szOsFile;
  faulty.xOpen = open;
  sqlite3_vfs_register(&faulty, 1);
}

}  // namespace rsip::test
