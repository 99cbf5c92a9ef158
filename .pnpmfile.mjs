// The page at /docs is one script out of this package, which is complete in itself; the 300 packages that it was made from are not needed.
export const hooks = {
  readPackage(pkg) {
    if (pkg.name === '@scalar/api-reference') pkg.dependencies = {};
    return pkg;
  },
};
