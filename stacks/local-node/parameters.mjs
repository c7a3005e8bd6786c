/** What Terraform hands to the scripts, through the environment. */

/**
 * @param {string} name
 * @returns {string}
 */
export function parameter(name) {
  const value = optionalParameter(name);
  if (value === undefined)
    throw new Error(`NODEYARD_LOCAL_${name} is missing: this script is run by Terraform`);
  return value;
}

/**
 * @param {string} name
 * @returns {string | undefined}
 */
export function optionalParameter(name) {
  return process.env[`NODEYARD_LOCAL_${name}`];
}
