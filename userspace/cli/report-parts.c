// SPDX-License-Identifier: GPL-2.0
#include "report.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <limits.h>
#include <linux/braid_version.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "bpfid.h"
#include "checkpoint.h"
#include "config.h"
#include "kernellog.h"
#include "output.h"
#include "process.h"
#include "redact.h"
#include "savefile.h"
#include "text.h"

#define MODULE		"/sys/module/braid"

bool br_report_loaded(void)
{
	return !access(MODULE, F_OK);
}

/* Without a login shell /usr/sbin may be missing. */
void br_report_path(void)
{
	const char *path = getenv("PATH");
	char more[PATH_MAX];

	if (snprintf(more, sizeof(more), "%s%s/usr/sbin:/sbin:/usr/bin:/bin",
		     path ? path : "", path ? ":" : "") < (int)sizeof(more))
		setenv("PATH", more, 1);
}

int br_report_words(char *text, char **argv)
{
	char *save, *word;
	int argc = 0;

	for (word = strtok_r(text, " ", &save); word && argc < BR_REPORT_WORDS;
	     word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	argv[argc] = NULL;
	return argc;
}

int br_report_glob(struct br_report_files *files, const char *folder,
		   const char *pattern)
{
	char name[PATH_MAX];

	*files = (struct br_report_files){ 0 };
	if (snprintf(name, sizeof(name), "%s/%s", folder, pattern) >=
	    (int)sizeof(name))
		return 0;
	if (glob(name, 0, NULL, &files->all))
		return 0;
	files->name = files->all.gl_pathv;
	files->n = files->all.gl_pathc;
	return 0;
}

void br_report_globfree(struct br_report_files *files)
{
	globfree(&files->all);
}

/* The first line of a file that has one value. */
static bool value_read(const char *path, char *to, size_t size)
{
	FILE *file = fopen(path, "re");
	bool found = file && fgets(to, size, file);

	if (found)
		to[strcspn(to, "\n")] = 0;
	if (file)
		fclose(file);
	return found;
}

static void value_show(FILE *to, const char *label, const char *path)
{
	char text[256];

	if (value_read(path, text, sizeof(text)))
		fprintf(to, "%s: %s\n", label, text);
}

static void system_show(FILE *to)
{
	char text[256];
	FILE *file = fopen("/etc/os-release", "re");

	while (file && fgets(text, sizeof(text), file))
		if (!strncmp(text, "PRETTY_NAME=", 12))
			fprintf(to, "system: %s", text + 12);
	if (file)
		fclose(file);
}

static void machine_show(FILE *to)
{
	struct utsname u;
	struct sysinfo s;

	if (!uname(&u))
		fprintf(to, "host: %s\nkernel: %s %s %s\n", u.nodename,
			u.release, u.version, u.machine);
	system_show(to);
	fprintf(to, "processors: %ld\n", sysconf(_SC_NPROCESSORS_ONLN));
	if (!sysinfo(&s))
		fprintf(to, "memory: %llu MiB, of them free: %llu MiB\nup for: %ld s\n",
			(unsigned long long)s.totalram * s.mem_unit >> 20,
			(unsigned long long)s.freeram * s.mem_unit >> 20,
			s.uptime);
	value_show(to, "tainted", "/proc/sys/kernel/tainted");
	value_show(to, "lockdown", "/sys/kernel/security/lockdown");
}

void br_report_versions(FILE *to, const char *unused)
{
	char day[64] = "";
	time_t at = time(NULL);
	struct tm tm;

	(void)unused;
	if (localtime_r(&at, &tm))
		strftime(day, sizeof(day), "%Y-%m-%d %H:%M:%S %z", &tm);
	fprintf(to, "made at: %s\n", day);
	fprintf(to, "braidctl: %s\n", BRAID_VERSION);
	fprintf(to, "libbpf: %s\n", libbpf_version_string());
	fprintf(to, "GnuTLS: %s\n", gnutls_check_version(NULL));
	if (br_report_loaded()) {
		value_show(to, "module", MODULE "/version");
		value_show(to, "module's source", MODULE "/srcversion");
		value_show(to, "module in use by", MODULE "/refcnt");
	} else {
		fprintf(to, "module: braid is not loaded in this kernel, so that there is nothing to ask it; 'modprobe braid' loads it and says why not\n");
	}
	machine_show(to);
}

static void program_end(FILE *to, int status)
{
	switch (status) {
	case -ENOENT:
		fprintf(to, "(not installed)\n");
		break;
	case -EFBIG:
		fprintf(to, "\n(cut off here, after %d KiB)\n",
			BR_PROCESS_BYTES >> 10);
		break;
	case -ETIME:
		fprintf(to, "\n(ended here, after %d s)\n", BR_PROCESS_SECONDS);
		break;
	default:
		if (status < 0)
			fprintf(to, "(cannot be run: %s)\n", strerror(-status));
		else if (status)
			fprintf(to, "(ended with status %d)\n", status);
	}
}

void br_report_program(FILE *to, const char *line)
{
	char text[128], *argv[BR_REPORT_WORDS + 1];

	br_fill(text, line);
	br_report_words(text, argv);
	program_end(to, br_process_run(argv, to));
}

void br_report_bpf(FILE *to, const char *unused)
{
	static const char *const columns[] = {
		"kind", "id", "name", "type", "bytes", "entries", NULL
	};
	struct br_output out = { .file = to };
	struct br_list list;
	struct br_error err;

	(void)unused;
	if (br_bpf_list(&list, &err))
		fprintf(to, "%s\n", err.text);
	else
		br_table(&out, &list, columns);
	br_list_free(&list);
}

void br_report_none(FILE *to, const char *folder)
{
	fprintf(to, "no file %s/*.conf can be seen\n", folder);
}

/*
 * Its sentence may repeat what stands in the file, so only the line's number is
 * told: whether that line is a secret nobody knows.
 */
static void check_show(FILE *to, const char *path)
{
	struct br_config config;
	struct br_error err;
	size_t len = strlen(path);
	unsigned long line = 0;

	if (!br_config_read(path, &config, &err)) {
		fprintf(to, "\n(braidctl check: in order, %u peers, %u paths)\n",
			config.n_peers, config.n_paths);
		br_config_free(&config);
		return;
	}
	if (!strncmp(err.text, path, len) && err.text[len] == ':')
		line = strtoul(err.text + len + 1, NULL, 10);
	if (line)
		fprintf(to, "\n(braidctl check: line %lu is refused)\n", line);
	else
		fprintf(to, "\n(braidctl check: refused as a whole)\n");
}

void br_report_config(FILE *to, const char *path)
{
	FILE *from = fopen(path, "re");
	struct stat st;

	if (!from) {
		fprintf(to, "(cannot be read: %s)\n", strerror(errno));
		return;
	}
	if (!fstat(fileno(from), &st))
		fprintf(to, "(mode %04o, owner %u:%u, %lld bytes; secrets, comments and what braid does not know are not shown)\n",
			st.st_mode & 07777, st.st_uid, st.st_gid,
			(long long)st.st_size);
	br_redact(from, path, to);
	fclose(from);
	check_show(to, path);
}

/* Locks lie beside the journals. */
void br_report_migration(FILE *to, const char *path)
{
	struct br_output out = { .file = to };
	struct br_error err;
	json_t *json;

	json = br_save_read(path, "migration", &err);
	if (json)
		br_json_print(&out, json);
	else
		fprintf(to, "(no journal of a migration)\n");
}

void br_report_kernel_log(FILE *to, const char *unused)
{
	int ret = br_kernel_log(to);

	(void)unused;
	if (ret)
		fprintf(to, "(cannot be read: %s)\n", strerror(-ret));
}

static void lines_show(FILE *to, char *text)
{
	char *line, *save;

	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		br_redact_journal(line, to);
}

/*
 * By what the lines call themselves and not by the unit, whose journal has what
 * PostUp printed, too.
 */
void br_report_journal(FILE *to, const char *unused)
{
	char *const argv[] = {
		"journalctl", "--no-pager", "-o", "short-iso", "-n", "200",
		"-t", "braidd", NULL
	};
	char *text = NULL;
	size_t len;
	FILE *all = open_memstream(&text, &len);
	int status;

	(void)unused;
	if (!all)
		return;
	status = br_process_run(argv, all);
	if (!fclose(all))
		lines_show(to, text);
	free(text);
	program_end(to, status);
}

static void sysctl_show(FILE *to, const char *pattern)
{
	char value[256];
	glob_t found;
	size_t i;

	if (glob(pattern, 0, NULL, &found))
		return;
	for (i = 0; i < found.gl_pathc; i++)
		if (value_read(found.gl_pathv[i], value, sizeof(value)))
			fprintf(to, "%s = %s\n", found.gl_pathv[i], value);
	globfree(&found);
}

/* Those that have kept packets from braid before */
void br_report_sysctl(FILE *to, const char *unused)
{
	(void)unused;
	sysctl_show(to, "/proc/sys/net/ipv4/conf/*/rp_filter");
	sysctl_show(to, "/proc/sys/net/ipv4/conf/*/forwarding");
	sysctl_show(to, "/proc/sys/net/ipv6/conf/*/forwarding");
	sysctl_show(to, "/proc/sys/net/ipv4/ip_local_port_range");
	sysctl_show(to, "/proc/sys/net/ipv4/ip_local_reserved_ports");
	sysctl_show(to, "/proc/sys/net/core/rmem_max");
}
