/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/model/decision.h"

const char *const decision_actions[DECISION_ACTIONS] = {
	[DECISION_IGNORE] = "ignore",
	[DECISION_ALLOW] = "allow",
	[DECISION_LOG] = "log",
	[DECISION_ALERT] = "alert",
};

const char *const decision_severities[SEVERITIES] = {
	[SEVERITY_EMERGENCY] = "emergency", [SEVERITY_ALERT] = "alert",	  [SEVERITY_CRITICAL] = "critical",
	[SEVERITY_ERROR] = "error",	    [SEVERITY_WARNING] = "warning", [SEVERITY_NOTICE] = "notice",
	[SEVERITY_INFO] = "info",
};
