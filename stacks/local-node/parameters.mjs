/** What Terraform hands to the scripts, through the environment. */

/**
 * @param {string} name
 * @returns {string}
 */
export function parameter(name) {
  const value = process.env[`NODEYARD_LOCAL_${name}`];
  if (value === undefined)
    throw new Error(`NODEYARD_LOCAL_${name} is missing: this script is run by Terraform`);
  return value;
}
